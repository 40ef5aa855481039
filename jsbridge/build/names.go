package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"sync"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// letters of names, in the order in which they are given out.
type letters struct {
	local string // of names that meet few others
	wide  string // of names that meet many, which have none of the first localOnly of local
}

// The same few names in every function repeat better than names that nothing else has.
const localOnly = 27

// alphabets were found by search over the recorder's own scripts, as those of which brotli makes the smallest.
var alphabets = []letters{
	{"etpsoiarclduhmfngv_jybwOxCEMASFkTzDNLRPHIBV$WUKqYGXQZJ", "etnsoiaAWuyhldGpgvbjmcwOxECkrSMFTzDNLPRHIBV$YUKq_fJQZX"},
	{"etpsoiarcldkumQngvCjybwOx_EMAJzhTUDHRVINPBLGWFKqY$ZfXS", "ptnsoicAWlPrmdOegvbjhaHGxyQkuFM$TzDNLCEwIBVSYUKq_fJRZX"},
	{"etpsoiarclduhw_ngvfjybmOxCEVZSqKWF$JkRHYUATzMLBIDPGXQN", "etmsoiWwElcCyOvJAjg_kbrxfndphSGFHDzIZPRTVXY$LMKqaUQuBN"},
	{"etpsoiarcbduhmfngvCjylwOx_EHASMkzIDNLQUTFBKP$qZWYJVRXG", "melthsiCAwycE_xpoWuZgObzdafkNnrMFTDS$GVQIBHLYUKjqPRJvX"},
}

// ofEntry were found in the same way for the one script that every page loads, as it is now: the others do not change with them.
var ofEntry = []letters{
	{"etpdoiarclshumfNkv_jybwOxCEMAqngSzDFLRJHIBV$WUKTYGXQZP", "etnsoiaAWOyhlSujUvbpmKgkxCENrdMzwcHTLPR$IFBQYGqDVfJ_ZX"},
}

// ofWorker were, for the worker that every page loads.
var ofWorker = []letters{
	{"etpsoiarcbduhmfngvCFylwOx_EHASMkzIDNLQUTjBKP$qZWYJVRXG", "teumdsifnaocE_xpyLlZgObzhwCkNFrMATDB$GVWXSHqQUKjYPRJvI"},
}

// smallest minifies a script in some ways that differ in names, and in whether functions with
// one call stand where they are called, and returns what brotli makes the smallest.
//
// tdewolff/minify names the variables of each scope by frequency; here those of functions are
// named in the order of their declaration, which repeats more. At the end swaps pairs of letters are
// tried the other way round.
func smallest(script []byte, swaps int, more []letters, minified func(script []byte, keepNames bool) ([]byte, error)) ([]byte, error) {
	best, err := minified(script, false)
	if err != nil {
		return nil, err
	}
	bestSize, err := compressedSize(best)
	if err != nil {
		return nil, err
	}
	var of *program
	var with scheme
	try := func(p *program, s scheme) error {
		text := p.named(s)
		size, err := compressedSize(text)
		if err == nil && size < bestSize {
			best, bestSize, of, with = text, size, p, s
		}
		return err
	}
	for _, inlines := range []bool{false, true} {
		code := script
		if inlines {
			if code, err = inlineCalledOnce(script); err != nil {
				return nil, err
			}
		}
		p, err := newProgram(code, minified)
		if err != nil {
			return nil, err
		}
		for _, s := range schemes(more) {
			if err := try(p, s); err != nil {
				return nil, err
			}
		}
	}
	if of == nil {
		return best, nil
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same in every build
	for range swaps {
		// Two at once, as machines have two cores; the same two everywhere.
		var next [2]struct {
			s    scheme
			text []byte
			size int
			err  error
		}
		var done sync.WaitGroup
		for i := range next {
			n := &next[i]
			n.s = with
			if random.IntN(3) == 0 {
				n.s.local = swapped(n.s.local, random)
			} else {
				n.s.wide = swapped(n.s.wide, random)
			}
			done.Go(func() {
				n.text = of.named(n.s)
				n.size, n.err = compressedSize(n.text)
			})
		}
		done.Wait()
		for _, n := range next {
			if n.err != nil {
				return nil, n.err
			}
			if n.size < bestSize {
				best, bestSize, with = n.text, n.size, n.s
			}
		}
	}
	return best, of.check(best)
}

func swapped(letters string, random *rand.Rand) string {
	b := []byte(letters)
	i, j := random.IntN(len(b)), random.IntN(len(b))
	b[i], b[j] = b[j], b[i]
	return string(b)
}

// scheme is a way to give names: first to variables beside more than wide others, the most used
// first, then to the rest, as they are declared or by use.
type scheme struct {
	letters
	beside int
	byUse  bool
}

func schemes(more []letters) []scheme {
	var list []scheme
	for _, l := range slices.Concat(alphabets, more) {
		for _, beside := range []int{100, 200, 300} {
			list = append(list, scheme{l, beside, false}, scheme{l, beside, true})
		}
	}
	return list
}

func compressedSize(data []byte) (int, error) {
	br, err := compress(data)
	return len(br), err
}

// program is a minified script with a place for each name of its own.
type program struct {
	unique []byte   // the script, each variable with a name of its own
	text   [][]byte // text[i] stands before variable uses[i], the last one after all
	uses   []int
	taken  map[string]bool // names of globals, and of class expressions, which the parser does not know either
	count  []int           // by variable: how often it stands in the script
	beside [][]int         // by variable: those that must have another name
}

var placeholder = regexp.MustCompile(`v\$\d+_`)

func newProgram(script []byte, minified func([]byte, bool) ([]byte, error)) (*program, error) {
	tree, err := parsed(script)
	if err != nil {
		return nil, err
	}
	all, ids := uniqueNames(tree)
	declared := make([][]int, len(all)) // by scope
	home := make([]int, len(ids))       // by variable: its scope
	seen := make([][]int, len(ids))     // by variable: scopes in which it is used or that lie between
	p := &program{taken: map[string]bool{}, count: make([]int, len(ids)), beside: make([][]int, len(ids))}
	for at, scope := range all {
		for _, list := range []js.VarArray{scope.Declared, scope.Undeclared} {
			for _, v := range list {
				id, ok := ids[linked(v)]
				if !ok {
					p.taken[string(linked(v).Data)] = true
					continue
				}
				seen[id] = append(seen[id], at)
				if linked(v) == v && contains(scope.Declared, v) && home[id] == 0 {
					home[id] = at
					declared[at] = append(declared[at], id)
				}
			}
		}
	}
	pairs := map[[2]int]bool{}
	for id := range seen {
		for _, scope := range seen[id] {
			for _, other := range declared[scope] {
				if other == id || pairs[[2]int{id, other}] {
					continue
				}
				pairs[[2]int{id, other}], pairs[[2]int{other, id}] = true, true
				p.beside[id] = append(p.beside[id], other)
				p.beside[other] = append(p.beside[other], id)
			}
		}
	}
	if p.unique, err = minified([]byte(tree.JSString()), true); err != nil {
		return nil, err
	}
	at := 0
	for _, place := range placeholder.FindAllIndex(p.unique, -1) {
		id, err := strconv.Atoi(string(p.unique[place[0]+2 : place[1]-1]))
		if err != nil {
			return nil, err
		}
		p.text = append(p.text, p.unique[at:place[0]])
		p.uses = append(p.uses, id)
		p.count[id]++
		at = place[1]
	}
	p.text = append(p.text, p.unique[at:])
	return p, nil
}

// named is the script with names after a scheme.
func (p *program) named(s scheme) []byte {
	names := make([]string, len(p.beside))
	give := func(isWide bool) {
		var order []int
		for id, others := range p.beside {
			if (len(others) > s.beside) == isWide {
				order = append(order, id)
			}
		}
		if isWide || s.byUse {
			sort.SliceStable(order, func(i, j int) bool { return p.count[order[i]] > p.count[order[j]] })
		}
		candidates := namesOf(s.local)
		if isWide {
			candidates = namesOf(s.wide)
		}
		for _, id := range order {
			taken := map[string]bool{}
			for _, other := range p.beside[id] {
				taken[names[other]] = true
			}
			for _, name := range candidates {
				isLocal := len(name) == 1 && bytes.Contains([]byte(s.local[:localOnly]), []byte(name))
				if !taken[name] && !p.taken[name] && !(isWide && isLocal) {
					names[id] = name
					break
				}
			}
		}
	}
	give(true)
	give(false)
	var out bytes.Buffer
	for i, id := range p.uses {
		out.Write(p.text[i])
		out.WriteString(names[id])
	}
	out.Write(p.text[len(p.text)-1])
	return out.Bytes()
}

// check says whether text differs from the script in names alone.
func (p *program) check(text []byte) error {
	want, err := canonical(p.unique)
	if err != nil {
		return err
	}
	got, err := canonical(text)
	if err != nil {
		return fmt.Errorf("renamed script: %w", err)
	}
	if got != want {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		around := func(s string) string { return s[max(0, at-80):min(len(s), at+80)] }
		return fmt.Errorf("renamed script differs from its source in more than names:\n%s\n---\n%s", around(got), around(want))
	}
	return nil
}

// canonical is a script with names that its structure alone decides.
func canonical(script []byte) (string, error) {
	tree, err := parsed(script)
	if err != nil {
		return "", err
	}
	uniqueNames(tree)
	return tree.JSString(), nil
}

// namesOf lists names of one and two letters, without JavaScript's words.
func namesOf(letters string) []string {
	var names []string
	for _, c := range letters {
		names = append(names, string(c))
	}
	for _, a := range letters {
		for _, b := range letters {
			if name := string(a) + string(b); js.Keywords[name] == 0 {
				names = append(names, name)
			}
		}
	}
	return names
}

func parsed(script []byte) (*js.AST, error) {
	// The tree's names are slices of what it was made of, and are written over here.
	return js.Parse(parse.NewInputBytes(bytes.Clone(script)), js.Options{})
}

// linked follows uses to the variable they are of.
func linked(v *js.Var) *js.Var {
	for v.Link != nil {
		v = v.Link
	}
	return v
}

func contains(list js.VarArray, v *js.Var) bool {
	for _, other := range list {
		if other == v {
			return true
		}
	}
	return false
}

type scopeVisitor struct{ scopes []*js.Scope }

func (v *scopeVisitor) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.BlockStmt:
		v.scopes = append(v.scopes, &n.Scope)
	case *js.SwitchStmt:
		v.scopes = append(v.scopes, &n.Scope)
	}
	return v
}

func (v *scopeVisitor) Exit(js.INode) {}

func scopesOf(tree *js.AST) []*js.Scope {
	var v scopeVisitor
	js.Walk(&v, tree)
	return v.scopes
}

// uniqueNames names every variable but those of the global scope and private members.
func uniqueNames(tree *js.AST) (scopes []*js.Scope, ids map[*js.Var]int) {
	scopes, ids = scopesOf(tree), map[*js.Var]int{}
	for _, scope := range scopes[1:] {
		for _, v := range scope.Declared {
			if _, known := ids[v]; known || v.Decl == js.PrivateDecl {
				continue
			}
			v.Data = []byte(fmt.Sprintf("v$%d_", len(ids)))
			ids[v] = len(ids)
		}
	}
	// Of {a: a} the printer leaves out the key where the use, not the variable, has its name.
	eachNode(reflect.ValueOf(tree), func(v reflect.Value) bool {
		if use, ok := v.Interface().(*js.Var); ok {
			use.Data = linked(use).Data
		}
		return true
	})
	return scopes, ids
}
