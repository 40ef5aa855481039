// Package flags makes the --help of our commands say the same of every flag: what it does,
// and behind that, once, its default and its environment variable.
//
//	--data=DIR    Data directory (default afterimage-data; $AFTERIMAGE_DATA).
//
// A default that is no value but a rule stands in the flag's tag `without`.
package flags

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Option makes kong print a flag's help as Describe has written it.
func Option() kong.Option {
	return kong.ValueFormatter(func(v *kong.Value) string { return v.Help })
}

// Describe writes default and environment variable into the help of all flags.
func Describe(k *kong.Kong) {
	describe(k.Model.Node)
}

func describe(n *kong.Node) {
	for _, f := range n.Flags {
		describeFlag(f)
	}
	for _, child := range n.Children {
		describe(child)
	}
}

func describeFlag(f *kong.Flag) {
	var facts []string
	switch rule := f.Tag.Get("without"); {
	case f.Name == "help":
		return
	case rule != "":
		facts = append(facts, "default "+rule)
	case f.HasDefault:
		facts = append(facts, "default "+f.Default)
	case len(f.Envs) > 0 && f.IsBool():
		facts = append(facts, "default off")
	case len(f.Envs) > 0:
		facts = append(facts, "default none")
	}
	for _, name := range f.Envs {
		facts = append(facts, "$"+name)
	}
	if f.HasDefault && f.PlaceHolder == "" {
		f.PlaceHolder = placeHolder(f.Target.Type()) // else kong repeats the default there
	}
	if len(facts) > 0 {
		f.Help = fmt.Sprintf("%s (%s).", strings.TrimSuffix(f.Help, "."), strings.Join(facts, "; "))
	}
}

func placeHolder(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "TIME"
	case t.Kind() == reflect.String:
		return "WORD"
	}
	return "N"
}
