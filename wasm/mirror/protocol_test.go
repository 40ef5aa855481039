package mirror

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

// protocolNames are the ops by number, as PROTOCOL.md calls them.
var protocolNames = [opLast + 1]string{
	opHello: "hello", opTime: "time", opMeta: "meta", opSnapshotBegin: "snapshotBegin", opSnapshotEnd: "snapshotEnd",
	opTree: "tree", opElement: "element", opTextNode: "textNode", opOtherNode: "otherNode", opRemove: "remove", opMove: "move",
	opAttr: "attr", opText: "text", opMark: "mark", opShadow: "shadow", opFrame: "frame", opValue: "value", opChecked: "checked",
	opSelected: "selected", opSecret: "secret", opScroll: "scroll", opPointer: "pointer", opMouse: "mouse", opTouch: "touch",
	opKey: "key", opFocus: "focus", opResize: "resize", opVisibility: "visibility", opNavigate: "navigate", opLeave: "leave",
	opViewport: "viewport", opSize: "size", opSheet: "sheet", opRuleInsert: "ruleInsert", opRuleDelete: "ruleDelete",
	opAdopted: "adopted", opTrack: "track", opIdentify: "identify", opDegraded: "degraded", opDialogState: "dialogState",
	opClockJump: "clockJump", opAnchor: "anchor", opClear: "clear", opEcho: "echo", opPosted: "posted",
}

// rows reads the table under a heading: the cells of each row after the ruler.
func rows(t *testing.T, doc, heading string) [][]string {
	t.Helper()
	_, after, ok := strings.Cut(doc, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("PROTOCOL.md has no heading %q", heading)
	}
	after, _, _ = strings.Cut(after, "\n## ")
	var out [][]string
	ruler := false
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if strings.HasPrefix(line, "|---") {
			ruler = true
			continue
		}
		if !ruler {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, cells)
	}
	if len(out) == 0 {
		t.Fatalf("PROTOCOL.md, %q: no rows", heading)
	}
	return out
}

// form turns the arguments of a table row into the letters i, s and c* of a spec.
func form(args string) string {
	if args == "" {
		return ""
	}
	group := regexp.MustCompile(`\(([^)]*)\)…`)
	out := ""
	args = group.ReplaceAllStringFunc(args, func(g string) string {
		return strings.ReplaceAll(strings.Trim(g, "()…"), ",", ";") + "*"
	})
	for _, a := range strings.Split(args, ",") {
		a = strings.TrimSpace(a)
		rep := strings.HasSuffix(a, "*")
		one := ""
		for _, p := range strings.Split(strings.TrimSuffix(a, "*"), ";") {
			if strings.HasPrefix(strings.TrimSpace(p), "s ") {
				one += "s"
			} else {
				one += "i"
			}
		}
		if rep { // the int before it is the count
			out = out[:len(out)-1] + "c" + one
			continue
		}
		out += one
	}
	return out
}

func TestOpsAreThoseOfTheProtocol(t *testing.T) {
	b, err := os.ReadFile("../../jsbridge/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	if !strings.Contains(doc, "version "+strconv.Itoa(ProtocolVersion)+":") {
		t.Errorf("PROTOCOL.md is not of version %d", ProtocolVersion)
	}
	seen := map[int]bool{}
	letters := strings.NewReplacer("n", "i", "e", "i", "E", "i", "j", "i")
	for _, r := range rows(t, doc, "Ops") {
		n, err := strconv.Atoi(r[0])
		if err != nil || n < 1 || n > opLast {
			t.Errorf("op %q: number is not one of 1…%d", r[0], opLast)
			continue
		}
		seen[n] = true
		if protocolNames[n] != r[1] {
			t.Errorf("op %d: got name %q here, PROTOCOL.md says %q", n, protocolNames[n], r[1])
		}
		got := letters.Replace(opSpecs[n][1:])
		if want := form(r[2]); got != want {
			t.Errorf("op %s: got arguments %q here, PROTOCOL.md says %q (%s)", r[1], got, want, r[2])
		}
	}
	for n := 1; n <= opLast; n++ {
		if !seen[n] {
			t.Errorf("op %d (%s) is not in PROTOCOL.md", n, protocolNames[n])
		}
	}
}

func TestMetaKeysAreThoseOfTheProtocol(t *testing.T) {
	b, err := os.ReadFile("../../jsbridge/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"entryUrl": mask.MetaEntryURL, "referrer": mask.MetaReferrer, "title": mask.MetaTitle, "userAgent": mask.MetaUserAgent,
		"release": mask.MetaRelease, "environment": mask.MetaEnvironment, "utm_source": mask.MetaUTMSource,
		"utm_content": mask.MetaUTMContent, "visitorId": mask.MetaVisitorID, "predecessorPageView": mask.MetaPredecessor, "tabId": mask.MetaTabID,
	}
	p := mask.New(mask.Strict)
	for _, r := range rows(t, string(b), "Meta keys") {
		n, _ := strconv.Atoi(r[0])
		if k, ok := want[r[1]]; ok && k != n {
			t.Errorf("meta %s: got key %d here, PROTOCOL.md says %d", r[1], k, n)
		}
		delete(want, r[1])
		if _, ok := p.Meta(n, []byte("a")); !ok {
			t.Errorf("meta %s (%d) is not known here", r[1], n)
		}
	}
	for name := range want {
		t.Errorf("meta %s is not in PROTOCOL.md", name)
	}
}

func TestShapeTypesAreThoseOfTheProtocol(t *testing.T) {
	b, err := os.ReadFile("../../jsbridge/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]string{
		shapeHTML: "HTML element", shapeText: "text", shapeNextText: "text directly after a text sibling", shapeComment: "comment",
		shapeSVG: "SVG element", shapeMathML: "MathML element", shapeRaw: "raw HTML element",
	}
	for _, r := range rows(t, string(b), "Shape") {
		n, _ := strconv.Atoi(r[0])
		if want[n] != r[1] {
			t.Errorf("shape type %d: got %q here, PROTOCOL.md says %q", n, want[n], r[1])
		}
		delete(want, n)
	}
	for n := range want {
		t.Errorf("shape type %d is not in PROTOCOL.md", n)
	}
}
