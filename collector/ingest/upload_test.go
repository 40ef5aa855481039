package ingest

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"afterimage/collector/store"
)

// tableRow returns the cells of the row whose first cell is name.
func tableRow(t *testing.T, text, name string) []string {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) > 1 && strings.TrimSpace(cells[0]) == name {
			return cells
		}
	}
	t.Errorf("UPLOAD.md has no row %q", name)
	return nil
}

func document(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../UPLOAD.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLimitsOfTheDocumentAreThoseOfTheCode(t *testing.T) {
	text := document(t)
	l := Limits{}.withDefaults()
	rows := map[string][]int{
		"frame":                         {MaxFrameBytes},
		"hello":                         {MaxHelloBytes},
		"tail":                          {MaxTailBytes},
		"sealed segment":                {store.MaxSegmentBytes},
		"sealed asset":                  {store.MinAssetBytes, store.MaxAssetBytes},
		"assets of a session":           {store.MaxSessionAssets, store.MaxSessionAssetBytes},
		"segment number":                {store.MaxSegmentNumber},
		"sessions of a hello":           {MaxSessions},
		"page views of a hello":         {MaxPageViews},
		"page views of a socket":        {MaxKnownViews},
		"page views of a session":       {store.MaxPageViews},
		"sealed bytes of a session":     {store.MaxSessionBytes},
		"messages":                      {l.MessagesPerSecond, 10 * l.MessagesPerSecond},
		"bytes":                         {l.BytesPerSecond, BurstBytes},
		"sockets":                       {l.Sockets, l.SocketsPerAddress, l.SocketsPerSite},
		"new page views":                {l.PageViewsPerMinute},
		"memory for messages under way": {l.MemoryBytes},
		"time to the hello":             {int(HelloTimeout.Seconds())},
		"time for one message":          {int(MessageTimeout.Seconds())},
		"silence":                       {int(IdleTimeout.Seconds()), int(PingEvery.Seconds())},
		"late segments":                 {int(store.LateFor.Hours())},
	}
	number := regexp.MustCompile(`\d+`)
	for name, want := range rows {
		cells := tableRow(t, text[strings.Index(text, "## Limits"):], name)
		if cells == nil {
			continue
		}
		if got := strings.Join(number.FindAllString(cells[1], -1), " "); got != strings.Trim(fmt.Sprint(want), "[]") {
			t.Errorf("%s: document says %s, code %v", name, got, want)
		}
	}
}

func TestCloseCodesOfTheDocumentAreThoseOfTheCode(t *testing.T) {
	text := document(t)
	all := map[int]string{CloseGoingAway: CodeBusy, CloseInternal: CodeInternal, CloseBusy: CodeBusy, CloseUnknownSite: CodeUnknownSite,
		CloseOrigin: CodeOrigin, CloseHello: CodeHello, CloseTooLarge: CodeTooLarge, CloseRate: CodeRate, CloseOtherWriter: CodeOtherWriter,
		CloseFull: CodeFull, CloseDisabled: CodeDisabled, CloseFrame: CodeFrame, CloseSettings: CodeSettings}
	for n, code := range all {
		cells := tableRow(t, text, strconv.Itoa(n))
		if cells != nil && strings.Trim(cells[1], "` ") != code {
			t.Errorf("close code %d: document says %s, code %s", n, cells[1], code)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d{4}) \|`).FindAllStringSubmatch(text, -1) {
		if n, _ := strconv.Atoi(m[1]); all[n] == "" {
			t.Errorf("close code %d stands in the document only", n)
		}
	}
	for code := range reasons {
		if cells := tableRow(t, text, "`"+code+"`"); cells == nil {
			t.Errorf("code %s of refused stands in the code only", code)
		}
	}
}

func TestFrameOfTheDocumentIsThatOfTheCode(t *testing.T) {
	cells := tableRow(t, document(t), strconv.Itoa(frameHead))
	if cells != nil && strings.TrimSpace(cells[2]) != "segments" {
		t.Errorf("offset %d: document says %v, code that segments begin there", frameHead, cells)
	}
}
