package visitor

import (
	"context"
	"math"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

func (h *hand) touch(typ input.DispatchTouchEventType, points ...[2]float64) error {
	list := make([]*input.TouchPoint, len(points))
	for i, p := range points {
		radius, force, id := 9.0, 0.6, float64(i)
		list[i] = &input.TouchPoint{X: p[0], Y: p[1], RadiusX: &radius, RadiusY: &radius, Force: &force, ID: &id}
	}
	return chromedp.Do(h.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: typ, TouchPoints: list})
		return err
	}))
}

// tap swipes until the element is in view and taps its middle.
func (h *hand) tap(selector string) func() error {
	return func() error {
		b, err := h.bring(selector)
		if err != nil {
			return err
		}
		x, y := b.at(0.42+0.16*h.rng.Float64(), 0.42+0.16*h.rng.Float64())
		if err := h.touch(input.DispatchTouchEventTypeTouchStart, [2]float64{x, y}); err != nil {
			return err
		}
		if err := h.sleep(time.Duration(50+h.rng.IntN(40)) * time.Millisecond); err != nil {
			return err
		}
		return h.touch(input.DispatchTouchEventTypeTouchEnd)
	}
}

// bring swipes until the element stands clear of header and lower edge.
func (h *hand) bring(selector string) (box, error) {
	for try := 0; ; try++ {
		b, err := h.find(selector)
		if err != nil {
			return b, err
		}
		middle := b.Y + min(b.H, h.height/2)/2
		if middle > 190 && middle < h.height-90 || try == 8 {
			return b, nil
		}
		far := middle - h.height*0.5
		if err := h.swipe(math.Copysign(min(math.Abs(far), 480), far))(); err != nil {
			return b, err
		}
	}
}

// swipe scrolls the page by dy CSS px with one finger: up the screen where dy is positive.
func (h *hand) swipe(dy float64) func() error {
	return func() error {
		x := h.width * (0.55 + 0.2*h.rng.Float64())
		y := h.height/2 + dy/2
		return h.stroke(x, y, x-14*h.rng.Float64(), y-dy)
	}
}

// swipeOver scrolls an element of its own by dy.
func (h *hand) swipeOver(selector string, dy float64) func() error {
	return func() error {
		b, err := h.bring(selector)
		if err != nil {
			return err
		}
		x, y := b.at(0.6, 0.5)
		return h.stroke(x, y+dy/2, x-8, y-dy/2)
	}
}

func (h *hand) stroke(x0, y0, x1, y1 float64) error {
	if err := h.touch(input.DispatchTouchEventTypeTouchStart, [2]float64{x0, y0}); err != nil {
		return err
	}
	samples := way(x0, y0, x1, y1, 0.03)
	for i, p := range samples {
		if h.late() && i < len(samples)-1 {
			h.due = h.due.Add(frame)
			continue
		}
		if err := h.touch(input.DispatchTouchEventTypeTouchMove, p); err != nil {
			return err
		}
		if err := h.sleep(frame); err != nil {
			return err
		}
	}
	if err := h.touch(input.DispatchTouchEventTypeTouchEnd); err != nil {
		return err
	}
	return h.sleep(260 * time.Millisecond) // the fling comes to rest
}

// pinch moves two fingers around the middle of an element from one distance to another,
// CSS px: wider zooms in.
func (h *hand) pinch(selector string, from, to float64) func() error {
	return func() error {
		b, err := h.bring(selector)
		if err != nil {
			return err
		}
		x, y := b.at(0.5, 0.5)
		at := func(distance float64) [][2]float64 {
			return [][2]float64{{x - distance*0.35, y + distance*0.35}, {x + distance*0.35, y - distance*0.35}}
		}
		if err := h.touch(input.DispatchTouchEventTypeTouchStart, at(from)...); err != nil {
			return err
		}
		const n = 32
		for i := 1; i <= n; i++ {
			if h.late() && i < n {
				h.due = h.due.Add(frame)
				continue
			}
			if err := h.touch(input.DispatchTouchEventTypeTouchMove, at(from+(to-from)*float64(i)/n)...); err != nil {
				return err
			}
			if err := h.sleep(frame); err != nil {
				return err
			}
		}
		if err := h.touch(input.DispatchTouchEventTypeTouchEnd); err != nil {
			return err
		}
		return h.sleep(300 * time.Millisecond)
	}
}

// enter taps a field and types on the screen's keyboard.
func (h *hand) enter(selector, text string) func() error {
	return func() error { return steps(h.tap(selector), h.pause(300*time.Millisecond), h.keys(text)) }
}
