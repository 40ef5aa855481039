package e2e

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// plants are leaks on purpose, one in each form that a recorder might let a text out in.
var plants = []struct {
	name  string
	plant func(c string) string
}{
	{"exact", func(c string) string { return c }},
	{"lower case", strings.ToLower},
	{"upper case", strings.ToUpper},
	{"mixed case", func(c string) string {
		b := []byte(c)
		for i := range b {
			if i%2 == 0 {
				b[i] = bytes.ToUpper(b[i : i+1])[0]
			}
		}
		return string(b)
	}},
	{"separators between all", func(c string) string { return strings.Join(strings.Split(c, ""), "-") }},
	{"separators removed", func(c string) string { return strings.NewReplacer("@", "", ".", "", "-", "", " ", "").Replace(c) }},
	{"reversed", func(c string) string {
		var b strings.Builder
		for i := len(c) - 1; i >= 0; i-- {
			b.WriteByte(c[i])
		}
		return b.String()
	}},
	{"eight in a row", func(c string) string { return c[2:10] }},
	{"eight in a row, upper case", func(c string) string { return strings.ToUpper(c[1:9]) }},
	{"query escape", url.QueryEscape},
	{"percent, every byte", func(c string) string { return eachByte(c, "%%%02X") }},
	{"decimal entities", func(c string) string { return eachByte(c, "&#%d;") }},
	{"hexadecimal entities", func(c string) string { return eachByte(c, "&#x%x;") }},
	{"unicode escapes", func(c string) string { return eachByte(c, `\u%04x`) }},
	{"css escapes", func(c string) string { return eachByte(c, `\%x `) }},
	{"hex", func(c string) string { return hex.EncodeToString([]byte(c)) }},
	{"hex, upper case", func(c string) string { return strings.ToUpper(hex.EncodeToString([]byte(c))) }},
	{"codes", func(c string) string { return strings.Trim(fmt.Sprint([]byte(c)), "[]") }},
	{"codes with commas", func(c string) string { return strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(c)), "[]"), " ", ",") }},
	{"key codes", func(c string) string {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(strings.ToUpper(c))), "[]"), " ", ",")
	}},
	{"base64", func(c string) string { return base64.StdEncoding.EncodeToString([]byte(c)) }},
	{"base64, alignment 1", func(c string) string { return base64.StdEncoding.EncodeToString([]byte("." + c + "!")) }},
	{"base64, alignment 2", func(c string) string { return base64.RawURLEncoding.EncodeToString([]byte("{\"" + c + "\"}")) }},
	{"utf-16", func(c string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(c)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return string(b)
	}},
	{"sha256", func(c string) string { return hex.EncodeToString(digests[2].sum([]byte(c))) }},
	{"sha256 of the lower case", func(c string) string { return hex.EncodeToString(digests[2].sum([]byte(strings.ToLower(c)))) }},
	{"sha256, raw", func(c string) string { return string(digests[2].sum([]byte(c))) }},
	{"sha256, base64", func(c string) string { return base64.StdEncoding.EncodeToString(digests[2].sum([]byte(c))) }},
	{"md5", func(c string) string { return hex.EncodeToString(digests[0].sum([]byte(c))) }},
	{"sha1", func(c string) string { return hex.EncodeToString(digests[1].sum([]byte(c))) }},
	{"sha384", func(c string) string { return hex.EncodeToString(digests[3].sum([]byte(c))) }},
	{"sha512", func(c string) string { return hex.EncodeToString(digests[4].sum([]byte(c))) }},
	{"fnv64", func(c string) string { return hex.EncodeToString(digests[5].sum([]byte(c))) }},
	{"sha256 of its first ten", func(c string) string { return hex.EncodeToString(digests[2].sum([]byte(c[:10]))) }},
	{"utf-16, big endian", func(c string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(c)) {
			b = append(b, byte(u>>8), byte(u))
		}
		return string(b)
	}},
	{"utf-32", func(c string) string { return eachByte(c, "%c\x00\x00\x00") }},
	{"gzip", func(c string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		fmt.Fprintf(w, "%s<p>%s</p>%s", strings.Repeat("one page of text, ", 40), c, strings.Repeat("and another, ", 40))
		w.Close()
		return b.String()
	}},
	{"zlib, cut off", func(c string) string {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		fmt.Fprintf(w, "%s<p>%s</p>", strings.Repeat("one page of text, ", 40), c)
		w.Flush()
		return b.String()
	}},
}

func eachByte(c, format string) string {
	var b strings.Builder
	for i := range len(c) {
		fmt.Fprintf(&b, format, c[i])
	}
	return b.String()
}

// The scanner is worth something only if it finds what a leaking recorder would send: each
// form of each kind of canary, planted in noise; and finds nothing where nothing is.
func TestScannerFindsPlantedLeaks(t *testing.T) {
	noise := make([]byte, 1<<16)
	_, _ = rand.Read(noise)
	lines := []byte(strings.Repeat(`{"pageView":"`+randomHex(t)+`","segment":3,"epoch":1,"atMs":812345678,"time":1785471123456,"op":"text","id":71,"text":"xxxx xxxxxxx"}`+"\n", 200))
	kinds := []string{"W", "M", "T", "N"}
	for _, kind := range kinds {
		for _, p := range plants {
			c, other := newCanary(kind, "planted"), newCanary(kind, "not planted")
			s := newScanner(c, other)
			s.scan("noise", noise)
			s.scan("lines", lines)
			if s.seen(c) || s.seen(other) {
				t.Fatalf("%s: found where it is not:%s%s", kind, s.forms(c), s.forms(other))
			}
			if kind == "N" && strings.HasPrefix(p.name, "eight") {
				continue // digits are told by twelve
			}
			s.scan("leak", joined(noise[:1000], []byte(p.plant(c.text)), noise[1000:2000]))
			if !s.seen(c) {
				t.Errorf("%s %q, %s: not found", kind, c.text, p.name)
			}
			if s.seen(other) {
				t.Errorf("%s, %s: another canary was found:%s", kind, p.name, s.forms(other))
			}
		}
		for name, value := range map[string]func(r byte) string{
			"characters": func(r byte) string { return fmt.Sprintf(`"key":%q`, string(r)) },
			"codes":      func(r byte) string { return fmt.Sprintf(`"code":%d`, bytes.ToUpper([]byte{r})[0]) },
			"names":      func(r byte) string { return fmt.Sprintf(`"code":"Key%s"`, bytes.ToUpper([]byte{r})) },
			"texts":      func(r byte) string { return fmt.Sprintf(`"attrs":{"title":%q}`, string(r)) },
		} {
			if name == "names" {
				continue // KeyA is no letter of its own: the recorder has no such member, a test of ops says so
			}
			c := newCanary(kind, "split")
			var b bytes.Buffer
			for i := range len(c.text) {
				fmt.Fprintf(&b, `{"pageView":"%s","atMs":%d,"op":"key","id":7,"kind":0,%s}`+"\n", randomHex(t), i*100, value(c.text[i]))
				fmt.Fprintf(&b, `{"pageView":"%s","atMs":%d,"op":"pointer","id":7,"x":12}`+"\n", randomHex(t), i*100+1)
			}
			s := newScanner(c)
			if err := s.scanEvents("split", b.Bytes()); err != nil {
				t.Fatal(err)
			}
			if !s.seen(c) {
				t.Errorf("%s split over key events as %s: not found", kind, name)
			}
		}
	}
}

// What chance makes is no find: eight letters in what is sealed, and eight in two texts that may be
// shown beside each other. Ten are one there, and so are eight beside one text that may be shown.
func TestScannerTellsChanceFromLeaks(t *testing.T) {
	c := &canary{text: "bcdfghjklmnpqr"}
	left, right := &canary{text: "wwwwwwwwwwdfgh", free: true}, &canary{text: "jklmvvvvvvvvvv", free: true}
	for _, x := range []struct {
		text         string
		plain, noise bool
	}{
		{"zzDFGHJKLMzz", true, false},
		{"zzDFGHJKLMNPzz", true, true},
		{"zzmlkjhgfdzz", true, false},
		{"zzpnmlkjhgfdzz", true, true},
		{"zzdfghjklmzz", true, true}, // as it is written
		{left.text + right.text, false, false},
		{"wwwwwdfgh" + right.text, true, true},
		{left.text + "jklmn", true, true},
		{left.text + " " + c.text + right.text, true, true},
	} {
		s, sealed := newScanner(c, left, right), newScanner(c, left, right)
		s.scan("a text", []byte(x.text))
		sealed.scanSealed("a text", []byte(x.text))
		if s.seen(c) != x.plain || sealed.seen(c) != x.noise {
			t.Errorf("%s: found %v, want %v; in noise %v, want %v", x.text, s.seen(c), x.plain, sealed.seen(c), x.noise)
		}
	}
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
