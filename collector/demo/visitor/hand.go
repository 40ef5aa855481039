package visitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// frame is the time between two pointer samples of a hand.
const frame = 16 * time.Millisecond

// patience is how long a hand waits for a thing to appear.
const patience = 6 * time.Second

var errNotThere = errors.New("is not there or has no size")

// hand is a person's hand on mouse, keys or screen. Its position is in CSS px of the
// viewport.
type hand struct {
	ctx           context.Context
	rng           *rand.Rand
	x, y          float64
	width, height float64
	due           time.Time // when the next thing should be done
}

// maxDebt bounds how much of lost time a hand makes up for.
const maxDebt = 700 * time.Millisecond

// box is a rectangle in the viewport, CSS px.
type box struct{ X, Y, W, H float64 }

func (b box) at(fx, fy float64) (float64, float64) { return b.X + b.W*fx, b.Y + b.H*fy }

// steps runs one after the other and stops at the first error.
func steps(list ...func() error) error {
	for i, step := range list {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// sleep moves the time of the next deed by d and waits for it. So the time that a slow
// machine takes for each event is not added to the pace of the visitor.
func (h *hand) sleep(d time.Duration) error {
	now := time.Now()
	if h.due.Before(now.Add(-maxDebt)) {
		h.due = now.Add(-maxDebt)
	}
	h.due = h.due.Add(d)
	return h.wait(h.due.Sub(now))
}

// late says that samples of a movement should be left out.
func (h *hand) late() bool { return time.Since(h.due) > 2*frame }

func (h *hand) wait(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

// pause waits about d: between 80 and 130 % of it.
func (h *hand) pause(d time.Duration) func() error {
	return func() error { return h.sleep(time.Duration(float64(d) * (0.8 + 0.5*h.rng.Float64()))) }
}

// find waits for the first element that matches and has a size, and gives its box.
func (h *hand) find(selector string) (box, error) {
	quoted, err := json.Marshal(selector)
	if err != nil {
		return box{}, err
	}
	script := `(() => { const e = document.querySelector(` + string(quoted) + `); if (!e) return [];
		const r = e.getBoundingClientRect(); return r.width * r.height ? [r.left, r.top, r.width, r.height] : [] })()`
	for deadline := time.Now().Add(patience); ; {
		r, err := chromedp.Run(h.ctx, chromedp.Evaluate[[]float64](script))
		if err != nil {
			return box{}, err
		}
		if len(r) == 4 {
			return box{r[0], r[1], r[2], r[3]}, nil
		}
		if time.Now().After(deadline) {
			return box{}, fmt.Errorf("%s %w", selector, errNotThere)
		}
		if err := h.wait(60 * time.Millisecond); err != nil {
			return box{}, err
		}
	}
}

// noDelta is as good as zero: the protocol's types leave a zero out, and a wheel event
// without deltaX is refused.
const noDelta = 1e-6

func (h *hand) mouse(typ input.DispatchMouseEventType, button input.MouseButton, buttons, clicks int64, dy float64) error {
	return chromedp.Do(h.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: typ, X: h.x, Y: h.y, Button: button, Buttons: buttons, ClickCount: clicks, DeltaX: noDelta, DeltaY: dy,
		})
		return err
	}))
}

// way gives the samples of a movement: a quadratic curve bent by bend (a part of its
// length), slow at both ends. The last sample is the target.
func way(x0, y0, x1, y1, bend float64) [][2]float64 {
	length := math.Hypot(x1-x0, y1-y0)
	n := max(2, int(7+math.Sqrt(length)*1.1))
	cx := (x0+x1)/2 - (y1-y0)*bend
	cy := (y0+y1)/2 + (x1-x0)*bend
	list := make([][2]float64, n)
	for i := range list {
		t := float64(i+1) / float64(n)
		t = t * t * (3 - 2*t)
		u := 1 - t
		list[i] = [2]float64{u*u*x0 + 2*u*t*cx + t*t*x1, u*u*y0 + 2*u*t*cy + t*t*y1}
	}
	list[n-1] = [2]float64{x1, y1}
	return list
}

// glide moves the mouse, with buttons held down as given.
func (h *hand) glide(x, y float64, buttons int64) error {
	button := input.MouseButtonNone
	if buttons != 0 {
		button = input.MouseButtonLeft
	}
	samples := way(h.x, h.y, x, y, 0.16*(h.rng.Float64()-0.5))
	for i, p := range samples {
		if h.late() && i < len(samples)-1 {
			h.due = h.due.Add(frame)
			continue
		}
		h.x, h.y = p[0], p[1]
		if err := h.mouse(input.DispatchMouseEventTypeMouseMoved, button, buttons, 0, 0); err != nil {
			return err
		}
		if err := h.sleep(frame); err != nil {
			return err
		}
	}
	return nil
}

// wheel turns the wheel under the mouse by dy CSS px, in notches.
func (h *hand) wheel(dy float64) func() error {
	return func() error {
		for left := dy; math.Abs(left) > 1; {
			notch := math.Copysign(min(math.Abs(left), 70+50*h.rng.Float64()), left)
			left -= notch
			if err := h.mouse(input.DispatchMouseEventTypeMouseWheel, input.MouseButtonNone, 0, 0, notch); err != nil {
				return err
			}
			if err := h.sleep(55 * time.Millisecond); err != nil {
				return err
			}
		}
		return h.sleep(200 * time.Millisecond) // smooth scrolling comes to rest
	}
}

// reach scrolls until the element stands clear of header and lower edge, and gives its box.
func (h *hand) reach(selector string) (box, error) {
	for try := 0; ; try++ {
		b, err := h.find(selector)
		if err != nil {
			return b, err
		}
		middle := b.Y + min(b.H, h.height/2)/2
		if middle > 130 && middle < h.height-60 || try == 4 {
			return b, nil
		}
		if err := h.wheel(middle - h.height*0.48)(); err != nil {
			return b, err
		}
	}
}

// to moves the mouse over a part of an element (0,0 its left top, 1,1 its right bottom).
func (h *hand) to(selector string, fx, fy float64) func() error {
	return func() error {
		b, err := h.reach(selector)
		if err != nil {
			return err
		}
		x, y := b.at(fx, fy)
		return h.glide(x+3*(h.rng.Float64()-0.5), y+3*(h.rng.Float64()-0.5), 0)
	}
}

// click moves to the middle of an element and clicks.
func (h *hand) click(selector string) func() error { return h.clickAt(selector, 0.5, 0.5) }

func (h *hand) clickAt(selector string, fx, fy float64) func() error {
	return func() error {
		return steps(h.to(selector, fx, fy), h.pause(110*time.Millisecond), h.press)
	}
}

// press clicks where the mouse is.
func (h *hand) press() error {
	if err := h.mouse(input.DispatchMouseEventTypeMousePressed, input.MouseButtonLeft, 1, 1, 0); err != nil {
		return err
	}
	if err := h.sleep(time.Duration(50+h.rng.IntN(50)) * time.Millisecond); err != nil {
		return err
	}
	return h.mouse(input.DispatchMouseEventTypeMouseReleased, input.MouseButtonLeft, 0, 1, 0)
}

// drag pulls from one part of an element's width to another, as on a range input.
func (h *hand) drag(selector string, from, to float64) func() error {
	return func() error {
		if err := h.to(selector, from, 0.5)(); err != nil {
			return err
		}
		b, err := h.find(selector)
		if err != nil {
			return err
		}
		if err := h.mouse(input.DispatchMouseEventTypeMousePressed, input.MouseButtonLeft, 1, 1, 0); err != nil {
			return err
		}
		x, y := b.at(to, 0.5)
		if err := h.glide(x, y, 1); err != nil {
			return err
		}
		return h.mouse(input.DispatchMouseEventTypeMouseReleased, input.MouseButtonLeft, 0, 1, 0)
	}
}

// keys types, one key after the other, into what has the focus.
func (h *hand) keys(text string) func() error {
	return func() error {
		for _, key := range text {
			if err := chromedp.Do(h.ctx, chromedp.KeyEvent(string(key))); err != nil {
				return err
			}
			if err := h.sleep(time.Duration(28+h.rng.IntN(50)) * time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	}
}

// fill clicks into a field and types.
func (h *hand) fill(selector, text string) func() error {
	return func() error { return steps(h.click(selector), h.pause(120*time.Millisecond), h.keys(text)) }
}

// choose changes a select by the keyboard, which needs no popup: down moves by one option.
func (h *hand) choose(selector string, keys string) func() error {
	return func() error {
		if err := h.to(selector, 0.5, 0.5)(); err != nil {
			return err
		}
		if err := chromedp.Do(h.ctx, chromedp.Focus(chromedp.CSS(selector))); err != nil {
			return err
		}
		return h.keys(keys)()
	}
}
