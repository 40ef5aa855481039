package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

type recordCost struct{ threadMs, scriptMs, wallMs, longestMs float64 }

// TestBenchRecord prints the main thread's CPU time of four scenarios with no recorder,
// with rrweb (its batch, gzip and post) and with Afterimage, runs interleaved, medians,
// and the ratio of what the recorders add. ThreadTime is the renderer main thread's CPU
// time (CDP Performance.getMetrics).
func TestBenchRecord(t *testing.T) {
	wholeBrowser(t)
	if !*benchFlag {
		t.Log("not measured: a benchmark, run by make bench-record")
		return
	}
	page := serve(t, benchHandler())
	c := startCollectorFor(t, page)
	scenarios := []string{"snapshot", "append", "churn", "reorder"}
	recorders := []string{"none", "rrweb", "afterimage"}
	costs := map[string][]recordCost{}
	for range *benchRuns {
		for _, s := range scenarios {
			for _, r := range recorders {
				costs[s+" "+r] = append(costs[s+" "+r], measureRecord(t, page, c, s, r))
			}
		}
	}
	fmt.Printf("median of %d interleaved runs, ms\n%-10s %-11s %9s %9s %9s %9s\n", *benchRuns, "scenario", "recorder", "thread", "script", "wall", "longest")
	added := map[string]float64{}
	for _, s := range scenarios {
		base := medianCost(costs[s+" none"])
		for _, r := range recorders {
			m := medianCost(costs[s+" "+r])
			fmt.Printf("%-10s %-11s %9.1f %9.1f %9.1f %9.1f\n", s, r, m.threadMs, m.scriptMs, m.wallMs, m.longestMs)
			added[s+" "+r] = m.threadMs - base.threadMs
			added["sum "+r] += m.threadMs - base.threadMs
		}
	}
	fmt.Printf("\nadded main-thread CPU, ms over the page without a recorder\n%-10s %9s %11s %7s\n", "scenario", "rrweb", "afterimage", "ratio")
	for _, s := range append(scenarios, "sum") {
		fmt.Printf("%-10s %9.1f %11.1f %7.2f\n", s, added[s+" rrweb"], added[s+" afterimage"], added[s+" afterimage"]/added[s+" rrweb"])
	}
}

func measureRecord(t *testing.T, page string, c *collectorSite, scenario, recorder string) recordCost {
	t.Helper()
	tb := newTab(t)
	defer tb.close()
	tb.open(page + "/bench/record.html")
	if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	eval[any](tb, fmt.Sprintf(`bench.load({scenario: %q, recorder: %q, script: %q, site: %q, endpoint: %q})`,
		scenario, recorder, c.URL+"/afterimage.js", c.SiteKey, c.URL))
	before := tb.metrics()
	type result struct {
		WallMs float64
		Nodes  int
	}
	got := eval[result](tb, `bench.run()`)
	after := tb.metrics()
	return recordCost{
		threadMs:  1000 * (after["ThreadTime"] - before["ThreadTime"]),
		scriptMs:  1000 * (after["ScriptDuration"] - before["ScriptDuration"]),
		wallMs:    got.WallMs,
		longestMs: eval[float64](tb, `bench.longest()`),
	}
}

// metrics reads CDP Performance.getMetrics; times are seconds.
func (tb *tab) metrics() map[string]float64 {
	tb.t.Helper()
	result, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		tb.t.Fatal(err)
	}
	m := map[string]float64{}
	for _, metric := range result.Metrics {
		m[metric.Name] = metric.Value
	}
	if _, ok := m["ThreadTime"]; !ok {
		tb.t.Fatal("this Chromium reports no ThreadTime")
	}
	return m
}

func medianCost(list []recordCost) recordCost {
	pick := func(f func(recordCost) float64) float64 {
		values := make([]float64, 0, len(list))
		for _, c := range list {
			values = append(values, f(c))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return recordCost{
		threadMs:  pick(func(c recordCost) float64 { return c.threadMs }),
		scriptMs:  pick(func(c recordCost) float64 { return c.scriptMs }),
		wallMs:    pick(func(c recordCost) float64 { return c.wallMs }),
		longestMs: pick(func(c recordCost) float64 { return c.longestMs }),
	}
}
