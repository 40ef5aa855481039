package main

import (
	"reflect"
	"slices"

	"github.com/tdewolff/parse/v2/js"
)

// inlineCalledOnce moves functions that are called once and used nowhere else to where they are
// called, and takes such calls apart. Names are unique before, so that a function finds there
// what it found where it was.
func inlineCalledOnce(script []byte) ([]byte, error) {
	for {
		tree, err := parsed(script)
		if err != nil {
			return nil, err
		}
		uniqueNames(tree)
		isChanged := dropOne(tree) || moveOne(tree) || simplifyOne(tree)
		script = []byte(tree.JSString())
		if !isChanged {
			return script, nil
		}
	}
}

// dropOne takes the first variable away that nothing reads or writes, if making its value does nothing: what one of the two
// recorders has no use for is left behind where the other has it.
func dropOne(tree *js.AST) bool {
	uses := map[*js.Var]int{}
	var variables []*js.VarDecl
	eachNode(reflect.ValueOf(tree), func(v reflect.Value) bool {
		switch n := v.Interface().(type) {
		case *js.Var:
			uses[linked(n)]++
		case *js.VarDecl:
			variables = append(variables, n)
		}
		return true
	})
	for _, d := range variables {
		for i, item := range d.List {
			name, isVar := item.Binding.(*js.Var)
			if isVar && uses[linked(name)] == 1 && doesNothing(item.Default) && len(d.List) > 1 && !d.InFor && !d.InForInOf {
				d.List = append(d.List[:i:i], d.List[i+1:]...)
				return true
			}
		}
	}
	return false
}

func doesNothing(value js.IExpr) bool {
	switch n := value.(type) {
	case nil, *js.Var, *js.LiteralExpr, *js.ArrowFunc:
		return true
	case *js.UnaryExpr:
		return (n.Op == js.NegToken || n.Op == js.NotToken) && doesNothing(n.X)
	}
	return false
}

// moveOne moves the first such function.
func moveOne(tree *js.AST) bool {
	uses := map[*js.Var]int{}
	calls := map[*js.Var]*js.CallExpr{}
	var variables []*js.VarDecl
	var functions []reflect.Value // statements
	eachNode(reflect.ValueOf(tree), func(v reflect.Value) bool {
		switch n := v.Interface().(type) {
		case *js.Var:
			uses[linked(n)]++
		case *js.CallExpr:
			if callee, ok := n.X.(*js.Var); ok {
				calls[linked(callee)] = n
			}
		case *js.VarDecl:
			variables = append(variables, n)
		case *js.FuncDecl:
			if v.Type() == reflect.TypeFor[js.IStmt]() {
				functions = append(functions, v)
			}
		}
		return true
	})
	// The declaration is the other use.
	callOf := func(name *js.Var) *js.CallExpr {
		if uses[linked(name)] != 2 {
			return nil
		}
		return calls[linked(name)]
	}
	for _, d := range variables {
		for i, item := range d.List {
			name, isVar := item.Binding.(*js.Var)
			function, isArrow := item.Default.(*js.ArrowFunc)
			if !isVar || !isArrow || len(d.List) < 2 || d.InFor || d.InForInOf {
				continue
			}
			if call := callOf(name); call != nil && canMove(function, call) {
				call.X = &js.GroupExpr{X: function}
				d.List = append(d.List[:i:i], d.List[i+1:]...)
				return true
			}
		}
	}
	for _, statement := range functions {
		f := statement.Interface().(*js.FuncDecl)
		if f.Name == nil || f.Generator {
			continue
		}
		if call := callOf(f.Name); call != nil && canMove(f, call) {
			call.X = &js.GroupExpr{X: &js.ArrowFunc{Async: f.Async, Params: f.Params, Body: f.Body}}
			statement.Set(reflect.ValueOf(&js.EmptyStmt{}))
			return true
		}
	}
	return false
}

// canMove says whether a function does the same as an arrow function where it is called: it has no
// `this` and the like of its own, and does not call itself.
func canMove(function js.INode, call *js.CallExpr) bool {
	can := true
	eachNode(reflect.ValueOf(function), func(v reflect.Value) bool {
		switch n := v.Interface().(type) {
		case *js.CallExpr:
			can = can && n != call
		case *js.Var:
			can = can && string(linked(n).Data) != "arguments"
		case *js.LiteralExpr:
			can = can && n.TokenType != js.ThisToken && n.TokenType != js.SuperToken
		case *js.NewTargetExpr:
			can = false
		}
		return true
	})
	return can
}

// simplifyOne takes the first call of a function literal apart, as far as it can: a parameter that is
// another name for a variable, a body that is an expression, and a call that is a statement.
func simplifyOne(tree *js.AST) bool {
	written := writtenVars(tree)
	isConstant := func(e js.IExpr) (*js.Var, bool) {
		v, ok := e.(*js.Var)
		return v, ok && !written[linked(v)]
	}
	done := false
	eachNode(reflect.ValueOf(tree), func(v reflect.Value) bool {
		if done {
			return false
		}
		switch n := v.Interface().(type) {
		case *js.CallExpr:
			f := calledLiteral(n)
			if f == nil || f.Params.Rest != nil {
				return true
			}
			for i, item := range f.Params.List {
				if i >= len(n.Args.List) || n.Args.List[i].Rest {
					break
				}
				param, ok := item.Binding.(*js.Var)
				arg, isVar := isConstant(n.Args.List[i].Value)
				if !ok || !isVar || item.Default != nil || written[linked(param)] {
					continue
				}
				name := linked(arg).Data
				eachNode(reflect.ValueOf(f), func(v reflect.Value) bool {
					if use, ok := v.Interface().(*js.Var); ok && linked(use) == linked(param) {
						use.Data = name
					}
					return true
				})
				linked(param).Data = name
				f.Params.List = append(f.Params.List[:i:i], f.Params.List[i+1:]...)
				n.Args.List = append(n.Args.List[:i:i], n.Args.List[i+1:]...)
				done = true
				return false
			}
			if value := valueOf(n, f); value != nil && v.Type() == reflect.TypeFor[js.IExpr]() {
				v.Set(reflect.ValueOf(&js.GroupExpr{X: value}))
				done = true
				return false
			}
		case *js.ExprStmt:
			if body := bodyOf(n.Value); body != nil && !hasOwn(body, true) {
				v.Set(reflect.ValueOf(&js.BlockStmt{List: body.List}))
				done = true
				return false
			}
			if list := statementsOf(n.Value); list != nil {
				v.Set(reflect.ValueOf(&js.BlockStmt{List: list}))
				done = true
				return false
			}
		case *js.ReturnStmt:
			if body := bodyOf(n.Value); body != nil && !hasOwn(body, false) {
				v.Set(reflect.ValueOf(&js.BlockStmt{List: append(slices.Clip(body.List), &js.ReturnStmt{})}))
				done = true
				return false
			}
		}
		return true
	})
	return done
}

// calledLiteral is the arrow function that stands where it is called, or nil.
func calledLiteral(call *js.CallExpr) *js.ArrowFunc {
	group, ok := call.X.(*js.GroupExpr)
	if !ok || call.Optional {
		return nil
	}
	f, ok := group.X.(*js.ArrowFunc)
	if !ok || f.Async {
		return nil
	}
	return f
}

// bodyOf is what a call of a function literal without parameters does, or nil.
func bodyOf(value js.IExpr) *js.BlockStmt {
	call, ok := value.(*js.CallExpr)
	if !ok {
		return nil
	}
	if f := calledLiteral(call); f != nil && isBare(call, f) {
		return &f.Body
	}
	return nil
}

// statementsOf are the parts of an expression that stands as a statement, if a call that bodyOf takes apart is one of them;
// otherwise nil.
func statementsOf(value js.IExpr) []js.IStmt {
	switch n := value.(type) {
	case *js.CommaExpr:
		var list []js.IStmt
		has := false
		for _, part := range n.List {
			body := bodyOf(part)
			has = has || body != nil && !hasOwn(body, true)
			list = append(list, &js.ExprStmt{Value: part})
		}
		if has {
			return list
		}
	case *js.BinaryExpr:
		if body := bodyOf(n.Y); n.Op == js.AndToken && body != nil && !hasOwn(body, true) {
			return []js.IStmt{&js.IfStmt{Cond: n.X, Body: &js.BlockStmt{List: body.List}}}
		}
	}
	return nil
}

func isBare(call *js.CallExpr, f *js.ArrowFunc) bool {
	return len(call.Args.List) == 0 && len(f.Params.List) == 0 && f.Params.Rest == nil
}

// valueOf is the expression that the call is, or nil. tdewolff/minify drops parentheses between
// ?? and the bitwise operators, so that those stay where they are.
func valueOf(call *js.CallExpr, f *js.ArrowFunc) js.IExpr {
	if !isBare(call, f) || len(f.Body.List) != 1 {
		return nil
	}
	ret, ok := f.Body.List[0].(*js.ReturnStmt)
	if !ok || ret.Value == nil {
		return nil
	}
	if binary, ok := ret.Value.(*js.BinaryExpr); ok {
		switch binary.Op {
		case js.NullishToken, js.BitOrToken, js.BitAndToken, js.BitXorToken:
			return nil
		}
	}
	return ret.Value
}

// hasOwn says whether a function's body has what is the function's alone: var, and return where that counts.
func hasOwn(body *js.BlockStmt, returns bool) bool {
	has := false
	eachNode(reflect.ValueOf(body), func(v reflect.Value) bool {
		switch n := v.Interface().(type) {
		case *js.ArrowFunc, *js.FuncDecl, *js.MethodDecl, *js.ClassDecl:
			return false
		case *js.VarDecl:
			has = has || n.TokenType == js.VarToken
		case *js.ReturnStmt:
			has = has || returns
		}
		return true
	})
	return has
}

// writtenVars are those that are written after their declaration.
func writtenVars(tree *js.AST) map[*js.Var]bool {
	written := map[*js.Var]bool{}
	all := func(target any) {
		if target == nil {
			return
		}
		eachNode(reflect.ValueOf(&target).Elem(), func(v reflect.Value) bool {
			if n, ok := v.Interface().(*js.Var); ok {
				written[linked(n)] = true
			}
			return true
		})
	}
	eachNode(reflect.ValueOf(tree), func(v reflect.Value) bool {
		switch n := v.Interface().(type) {
		case *js.BinaryExpr:
			switch n.Op {
			case js.EqToken, js.MulEqToken, js.DivEqToken, js.ModEqToken, js.ExpEqToken, js.AddEqToken, js.SubEqToken, js.LtLtEqToken,
				js.GtGtEqToken, js.GtGtGtEqToken, js.BitAndEqToken, js.BitXorEqToken, js.BitOrEqToken, js.AndEqToken, js.OrEqToken, js.NullishEqToken:
				all(n.X)
			}
		case *js.UnaryExpr:
			switch n.Op {
			case js.PostIncrToken, js.PostDecrToken, js.PreIncrToken, js.PreDecrToken:
				all(n.X)
			}
		case *js.ForInStmt:
			all(n.Init)
		case *js.ForOfStmt:
			all(n.Init)
		case *js.VarDecl:
			for _, item := range n.List {
				if item.Default == nil {
					all(item.Binding) // by another declaration, or later
				}
			}
		}
		return true
	})
	return written
}

// eachNode calls visit with every node below v, as a pointer or as an interface that can be set;
// scopes are none. Where visit says no it goes no deeper.
func eachNode(v reflect.Value, visit func(reflect.Value) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() != reflect.Pointer {
			eachNode(v.Elem(), visit)
			return
		}
		if visit(v) {
			inside(v.Elem().Elem(), visit)
		}
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*js.Scope]() {
			return
		}
		if visit(v) {
			inside(v.Elem(), visit)
		}
	case reflect.Struct:
		inside(v, visit)
	case reflect.Slice:
		for i := range v.Len() {
			eachNode(v.Index(i), visit)
		}
	}
}

func inside(v reflect.Value, visit func(reflect.Value) bool) {
	switch v.Type() {
	case reflect.TypeFor[js.Scope](), reflect.TypeFor[js.Var]():
		return
	}
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			eachNode(v.Field(i), visit)
		}
	}
}
