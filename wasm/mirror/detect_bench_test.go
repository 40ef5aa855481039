package mirror

import (
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// manual is a page of documentation: the comments of Go's library as sections, each with a
// heading, a paragraph with code in it, and a list of links.
func manual(b testing.TB) *batch {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	var out strings.Builder
	var shape []int32
	count, closes := 0, int32(0)
	open := func(tag string) {
		out.WriteString("<" + tag + ">")
		shape = append(shape, shapeHTML|8|closes<<4)
		count, closes = count+1, 0
	}
	text := func(s string) {
		out.WriteString(html.EscapeString(s))
		shape = append(shape, shapeText|closes<<4)
		count, closes = count+1, 0
	}
	end := func(tag string) {
		out.WriteString("</" + tag + ">")
		closes++
	}
	open(`main class="doc"`)
	err = filepath.WalkDir(filepath.Join(strings.TrimSpace(string(root)), "src/net"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		open(`section class="section api-content" data-section-id="` + d.Name() + `"`)
		for para := range strings.SplitSeq(string(src), "\n\n") {
			lines := strings.Split(para, "\n")
			if len(lines) < 3 || len(para) > 1500 {
				continue
			}
			open(`div class="row"`)
			open(`h3 class="title"`)
			text(strings.Trim(lines[0], "/ \t") + "#")
			end("h3")
			open(`p class="text markdown"`)
			text(strings.Join(lines[1:len(lines)-1], " ") + " ")
			open(`code class="type"`)
			text(lines[len(lines)-1] + "$")
			end("code")
			text(" since 1.21, see the " + lines[0] + ".")
			end("p")
			end("div")
		}
		end("section")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	end("main")
	return new(batch).tree(1, 0, 2, count, nil, nil, shape, strings.ReplaceAll(strings.ReplaceAll(out.String(), "&#34;", "\""), "&#39;", "'"))
}

// BenchmarkDetection prints how much more a balanced snapshot costs with detection than
// without, of a page of documentation and of a list of 8,000 products; the runs alternate.
func BenchmarkDetection(b *testing.B) {
	b.Run("manual", func(b *testing.B) { benchmarkDetection(b, manual(b)) })
	b.Run("shop", func(b *testing.B) { benchmarkDetection(b, shop(2, 8000)) })
}

func benchmarkDetection(b *testing.B, doc *batch) {
	begin := new(batch).op(opSnapshotBegin, 800, 600, 1000, 0, 0)
	var cores [2]*Core
	var took [2]time.Duration
	for i := range cores {
		cores[i] = start(b, 1)
	}
	cores[1].UnsafeSkipDetection()
	run := func(c *Core) {
		must(b, c, begin)
		must(b, c, doc)
		if len(c.Resend()) > 0 {
			b.Fatal("the page is not what the shape says")
		}
		for len(c.Segment(0)) > 0 {
		}
	}
	for i := range cores {
		run(cores[i])
	}
	b.SetBytes(int64(len(doc.text)))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		for i, c := range cores {
			at := time.Now()
			run(c)
			// The shortest run counts: what else the machine does lengthens the others.
			if t := time.Since(at); took[i] == 0 || t < took[i] {
				took[i] = t
			}
		}
	}
	mb := float64(len(doc.text)) / 1e6
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	b.ReportMetric(mb/took[0].Seconds(), "MB/s-detecting")
	b.ReportMetric(mb/took[1].Seconds(), "MB/s-without")
	b.ReportMetric(0, "MB/s")
}
