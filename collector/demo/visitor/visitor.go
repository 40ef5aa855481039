// Package visitor walks through the demo shop as a person would, in a real Chromium with
// real (trusted) input: a mouse that takes curved ways, a wheel, keys with pauses, taps,
// swipes and a pinch. It makes the sample recordings that the demo site holds at first
// start, and it is input for tests that need a whole visit.
//
// A visit is the same each time (its pauses and curves come from a fixed seed), apart from
// what the shop itself invents. It takes 25 to 45 seconds: the pace of a person, and
// longer on a machine that cannot keep up with it.
//
//	browser, cancel := chromedp.NewContext(allocator) // started by chromedp.Do(browser)
//	result, err := visitor.Run(browser, visitor.Desktop, "http://127.0.0.1:8080")
//
// Run uses one tab in a browser context of its own and closes both. Runs in one browser
// may go on at the same time, but compete for the machine, so samples are made one by one.
package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Visit is one scripted walk.
type Visit struct {
	Name          string // file name of the sample
	Title         string // for people
	Width, Height int64  // CSS px
	Scale         float64
	Touch         bool
	Dark          bool
	Locale, Zone  string
	walk          func(*hand) error
}

// The visits, as the samples are listed.
var (
	Desktop = Visit{Name: "desktop", Title: "Desktop: from the shelf to an order", Width: 1440, Height: 900, Scale: 1, Locale: "en-IE", Zone: "Europe/Dublin", walk: desktop}
	Phone   = Visit{Name: "phone", Title: "Phone: swipes, a pinch, dark colours", Width: 390, Height: 844, Scale: 2, Touch: true, Locale: "pt-PT", Zone: "Europe/Lisbon", walk: phone}
	Error   = Visit{Name: "error", Title: "Desktop: a coupon that throws", Width: 1280, Height: 800, Scale: 1, Dark: true, Locale: "en-GB", Zone: "Europe/London", walk: coupon}

	All = []Visit{Desktop, Phone, Error}
)

// Result says how a visit went.
type Result struct {
	SessionID  string // as the recorder names it; "" when there is no recorder in the page
	PageViewID string
	Phase      string        // the recorder's state at the end of the walk, before it was stopped
	Pending    int           // segments that the server had not acknowledged when the recorder stopped
	Exceptions []string      // uncaught ones; the visit Error has one for each click on “Apply”
	Console    []string      // errors and warnings in the page's console beside exceptions
	Screenshot []byte        // PNG of the last thing the visitor saw
	Took       time.Duration // of the walk alone
}

// Run makes visit v of the shop at base (scheme and host, or the address of the shop) in a
// new tab of the browser that ctx belongs to. The browser must have been started.
func Run(ctx context.Context, v Visit, base string) (Result, error) {
	var result Result
	tab, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	defer cancel()
	if err := chromedp.Do(tab, device(v)); err != nil {
		return result, fmt.Errorf("visit %s: tab: %w", v.Name, err)
	}
	watched := watch(tab)
	h := &hand{ctx: tab, rng: rand.New(rand.NewPCG(1, uint64(len(v.Name)))), width: float64(v.Width), height: float64(v.Height)}
	h.x, h.y = h.width*0.62, h.height*0.4

	address := strings.TrimSuffix(strings.TrimSuffix(base, "/"), "/demo") + "/demo/"
	if err := chromedp.Do(tab, chromedp.Navigate(address)); err != nil {
		return result, fmt.Errorf("visit %s: %s: %w", v.Name, address, err)
	}
	started := time.Now()
	h.due = started
	if err := v.walk(h); err != nil {
		return result, fmt.Errorf("visit %s, after %.1f s: %w", v.Name, time.Since(started).Seconds(), err)
	}
	result.Took = time.Since(started)
	var err error
	if result.Screenshot, err = chromedp.Run(tab, chromedp.CaptureScreenshot()); err != nil {
		return result, fmt.Errorf("visit %s: screenshot: %w", v.Name, err)
	}
	if err := end(tab, &result); err != nil {
		return result, fmt.Errorf("visit %s: %w", v.Name, err)
	}
	result.Exceptions, result.Console = watched()
	return result, nil
}

// Walk makes the walk of v in the tab of ctx, which already shows the shop and keeps the
// device that it has. The tab stays open.
func Walk(ctx context.Context, v Visit) error {
	h := &hand{ctx: ctx, rng: rand.New(rand.NewPCG(1, uint64(len(v.Name)))), width: float64(v.Width), height: float64(v.Height)}
	h.x, h.y = h.width*0.62, h.height*0.4
	return v.walk(h)
}

// device makes the tab the device of v, without the word headless anywhere, so that the
// sample's list entry looks like one of a visitor.
func device(v Visit) chromedp.Action[chromedp.Void] {
	var mobile []chromedp.EmulateViewportOption
	agent := emulation.SetUserAgentOverrideParams{
		UserAgent:      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
		AcceptLanguage: v.Locale,
		Platform:       "Win32",
		UserAgentMetadata: &emulation.UserAgentMetadata{
			Brands:   []*emulation.UserAgentBrandVersion{{Brand: "Chromium", Version: "156"}, {Brand: "Google Chrome", Version: "156"}},
			Platform: "Windows", PlatformVersion: "15.0.0", Architecture: "x86",
		},
	}
	if v.Touch {
		mobile = append(mobile, chromedp.EmulateMobile, chromedp.EmulateTouch)
		agent.UserAgent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
		agent.Platform = "Linux armv81"
		agent.UserAgentMetadata.Platform, agent.UserAgentMetadata.PlatformVersion = "Android", "16.0.0"
		agent.UserAgentMetadata.Architecture, agent.UserAgentMetadata.Mobile = "", true
	}
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	return chromedp.Steps(
		chromedp.EmulateViewport(v.Width, v.Height, append(mobile, chromedp.EmulateScale(v.Scale))...),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if _, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, agent); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: v.Zone}); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, t, page.BringToFront, cdp.Empty{}); err != nil {
				return err
			}
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}),
	)
}

// watch collects what the page's console gets; its result ends the collection.
func watch(tab context.Context) func() (exceptions, console []string) {
	ctx, stop := context.WithCancel(tab)
	messages := chromedp.Console(ctx)
	var mu sync.Mutex
	var exceptions, console []string
	go func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			switch message.Type {
			case chromedp.ConsoleException:
				exceptions = append(exceptions, message.Text)
			case chromedp.ConsoleError, chromedp.ConsoleWarning:
				console = append(console, message.Text)
			}
			mu.Unlock()
		}
	}()
	return func() ([]string, []string) {
		stop()
		mu.Lock()
		defer mu.Unlock()
		return exceptions, console
	}
}

// end stops the recorder, so that nothing of the recording is under way any more.
func end(tab context.Context, result *Result) error {
	const script = `(async () => {
		const api = window.afterimage
		if (!api) return JSON.stringify({})
		const out = { session: api.sessionId || '', pageView: api.pageViewId || '', phase: (api.state && api.state.phase) || '', pending: 0 }
		if (out.phase === 'recording' || out.phase === 'degraded') {
			const left = await api.stop({ timeoutMs: 15000 })
			out.pending = left && left.pending || 0
		}
		return JSON.stringify(out)
	})()`
	text, err := chromedp.Run(tab, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		return fmt.Errorf("stop the recorder: %w", err)
	}
	var out struct {
		Session, PageView, Phase string
		Pending                  int
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return fmt.Errorf("stop the recorder: answer: %w", err)
	}
	result.SessionID, result.PageViewID, result.Phase, result.Pending = out.Session, out.PageView, out.Phase, out.Pending
	return nil
}
