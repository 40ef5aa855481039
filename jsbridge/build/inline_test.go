package main

import "testing"

func TestOnlyFunctionsCalledOnceMove(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"arrow", `let k=1,a=(e,t)=>{e=t;return e};h(()=>a(k,2))`, `let k=1;h(()=>{return((e,t)=>{e=t;return e})(k,2)})`},
		{"function", `function f(e){e++;return e}g(()=>f(2))`, `;g(()=>{return((e)=>{e++;return e})(2)})`},
	} {
		t.Run(c.name, func(t *testing.T) { inlined(t, c.script, c.want) })
	}
	for name, script := range map[string]string{
		"called twice":   `let k=1,a=e=>e+k;g(a(1),a(2))`,
		"handed over":    `let k=1,a=e=>e+k;g(a)`, // who removes a listener needs the same function
		"calls itself":   `let k=1,a=e=>e&&a(e-k);g(k)`,
		"with this":      `function f(){return this}g(f())`,
		"with arguments": `function f(){return arguments.length}g(f(1))`,
		"constructor":    `function F(){}g(new F)`,
		"generator":      `function*f(){yield 1}g(f())`,
	} {
		t.Run(name, func(t *testing.T) { untouched(t, script) })
	}
}

func TestVariablesThatNobodyUsesAreDropped(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"without a value", `let k=1,a;g(k)`, `let k=1;g(k)`},
		{"number", `let k=1,a=-2;g(k)`, `let k=1;g(k)`},
		{"another name", `let k=1,a=k;g(k)`, `let k=1;g(k)`},
		{"function", `let k=1,a=()=>g(k);g(k)`, `let k=1;g(k)`},
		{"one after the other", `let k=1,a=2,e=()=>a;g(k)`, `let k=1;g(k)`},
	} {
		t.Run(c.name, func(t *testing.T) { inlined(t, c.script, c.want) })
	}
	for name, script := range map[string]string{
		"its value is made": `let k=1,a=g();g(k)`,
		"written":           `let k=1,a;g(()=>a=k)`,
		"of a pattern":      `let[k,a,e]=g();g(k,e)`,
		"of a loop":         `for(let k=0,a=1;;)g(k)`,
		"parameter":         `g((k,a,e)=>k+e)`,
	} {
		t.Run(name, func(t *testing.T) { untouched(t, script) })
	}
}

func TestCallsOfFunctionLiteralsAreTakenApart(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"parameter", `let k=g();h(()=>{(e=>{let t=e;g(()=>e+t)})(k)})`, `let k=g();h(()=>{{let t=k;g(()=>k+t)}})`},
		{"hidden name", `let k=g();h(()=>(e=>k=>e+k)(k))`, `let k=g();h(()=>{{return(e)=>k+e;return}})`},
		{"expression", `h(()=>g((()=>1+2)(),3))`, `h(()=>{return g((1+2),3)})`},
		{"in a list", `h(()=>{g(1),(()=>{let e=g();g(e)})(),g(2)})`, `h(()=>{{g(1);{let e=g();g(e)};g(2)}})`},
		{"behind a condition", `h(()=>{g(1)&&(()=>{let e=g();g(e)})()})`, `h(()=>{{if(g(1)){let e=g();g(e)}}})`},
		{"returned", `h(()=>(()=>{let e=g();return e})())`, `h(()=>{{let e=g();return e;return}})`},
	} {
		t.Run(c.name, func(t *testing.T) { inlined(t, c.script, c.want) })
	}
	for name, script := range map[string]string{
		"variable that changes":  `let k=g();h(()=>{(e=>{let t=e;return g(()=>e+t)})(k)});k=2`,
		"parameter that changes": `let k=g();h(()=>{(e=>{e=2;return g(()=>e)})(k)})`,
		"counted":                `for(let k=0;k<9;k++)(e=>{if(e)return;g(()=>e)})(k)`,
		"async":                  `let k=g();h(()=>{(async()=>{await g(k)})()})`,
		"own return":             `h(()=>{(()=>{if(g())return;g(1)})();g(2)})`,
		"own var":                `h(()=>{(()=>{var e;g(()=>e);e=1})();g(2)})`,
		"nullish":                `h(()=>(()=>g.a??g.b)()|1)`, // tdewolff/minify would drop the parentheses
		"spread":                 `let k=g();h(()=>{(e=>{if(e)return;g(()=>e)})(...k)})`,
	} {
		t.Run(name, func(t *testing.T) { untouched(t, script) })
	}
}

// The script's own names are kept where they can be compared: renamed by the same rule.
func inlined(t *testing.T, script, want string) {
	t.Helper()
	got := run(t, script)
	names, err := canonical([]byte("z(()=>{" + want + "})"))
	if err != nil {
		t.Fatal(err)
	}
	if got != names {
		t.Errorf("got %s\nwant %s", got, names)
	}
}

func untouched(t *testing.T, script string) {
	t.Helper()
	before, err := canonical([]byte("z(()=>{" + script + "})"))
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, script); got != before {
		t.Errorf("changed:\n%s\nfrom:\n%s", got, before)
	}
}

func run(t *testing.T, script string) string {
	t.Helper()
	moved, err := inlineCalledOnce([]byte("z(()=>{" + script + "})"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := canonical(moved)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
