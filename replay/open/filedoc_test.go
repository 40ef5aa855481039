package open

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// FILE.md is the only description of the file; its numbers are those of the code.
func TestFileDocumentSaysWhatTheCodeDoes(t *testing.T) {
	b, err := os.ReadFile("FILE.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for _, want := range []string{
		fmt.Sprintf("magic `%s`", fileMagic),
		fmt.Sprintf("| 8 | 1 | version, %d |", fileVersion),
		fmt.Sprintf("at most %d MiB |", maxHeadBytes>>20),
		fmt.Sprintf("%d bytes to %d MiB", minSegmentBytes, maxSegmentBytes>>20),
		fmt.Sprintf("Head %d MiB, segment %d MiB, %s page views, %s segments", maxHeadBytes>>20, maxSegmentBytes>>20, thousands(maxPageViews), thousands(maxSegments)),
		fmt.Sprintf("%d bytes a segment in memory", reflect.TypeFor[fileSegment]().Size()),
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("FILE.md does not say %q", want)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Head](), reflect.TypeFor[HeadPageView](), reflect.TypeFor[HeadAsset]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if !strings.Contains(doc, name) {
				t.Errorf("FILE.md does not name %s of %s", name, typ.Name())
			}
		}
	}
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
