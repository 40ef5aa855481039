package main

import (
	"bytes"
	"testing"
)

func keepNames(t *testing.T) func([]byte, bool) ([]byte, error) {
	t.Helper()
	f := newFolder(t.TempDir())
	return func(data []byte, keep bool) ([]byte, error) {
		f.scripts.KeepVarNames = keep
		return f.min.Bytes("text/javascript", bytes.Clone(data))
	}
}

func TestNamesDifferFromThoseTheyMeet(t *testing.T) {
	for name, script := range map[string]string{
		"shadowed":         `(()=>{let a=1,f=b=>{let c=b+a;return d=>{let a=d;return a+c+b}};g(f,a)})()`,
		"property":         `(()=>{let t=1,x=9;g({t:t,x,id:t},({t:e,x:t})=>[e,t,x])})()`,
		"class expression": `(()=>{let C=class e{static set(t,n){return new e(t,n)}};g(C)})()`,
		"loop":             `(()=>{for(let e of h)for(let t of e)g(()=>e+t);try{g()}catch(e){g(e)}})()`,
		"label and switch": `(()=>{let e=1;e:for(;;)switch(e){case 1:{let t=e;g(t);break e}default:let n=2;g(n,e)}})()`,
		"private":          `(()=>{class A{#e;get(t){return #e in t?t.#e:0}}g(new A)})()`,
		"global":           `(()=>{let document2=document,e=window;g(document2,e,t)})()`,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := newProgram([]byte(script), keepNames(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, wide := range []int{0, 2, 300} {
				text := p.named(scheme{alphabets[0], wide, wide == 2})
				if err := p.check(text); err != nil {
					t.Errorf("wide %d: %v\n%s", wide, err, text)
				}
				if bytes.Contains(text, []byte("v$")) {
					t.Errorf("a name is missing: %s", text)
				}
			}
		})
	}
}

func TestCheckSeesACapturedName(t *testing.T) {
	p, err := newProgram([]byte(`(()=>{let a=1;g(b=>a+b)})()`), keepNames(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.check([]byte(`(()=>{let e=1;g(e=>e+e)})()`)); err == nil {
		t.Error("check passes a script whose variable is hidden by another of its name")
	}
}
