package visitor

import (
	"strings"
	"time"

	"github.com/chromedp/chromedp/kb"
)

const (
	moment = 240 * time.Millisecond
	look   = 750 * time.Millisecond
)

// desktop finds a radio, looks at this and that, and orders.
func desktop(h *hand) error {
	return steps(
		h.pause(look),
		h.to(".heroart", 0.4, 0.5), h.wheel(430), h.to("#card-swing-lamp", 0.5, 0.4), h.pause(moment),
		h.click(`input[name="cat"][value="Kitchen"]`), h.pause(moment),
		h.click("#card-hob-kettle .quick"), h.pause(look), h.click("dialog[open] .sheetfoot button"), h.pause(moment),
		h.click(`input[name="cat"][value="Kitchen"]`),
		h.fill("#search", "radio"), h.pause(moment),
		h.click("#card-bench-radio h3 a"), h.pause(look),
		h.click(`.swatch input[value="tomato"]`), h.pause(moment),
		h.choose("#count", kb.ArrowDown),
		h.click(".folds details:nth-child(2) summary"), h.pause(moment),
		h.click("#add"), h.pause(moment),
		h.to("#review-list", 0.5, 0.5), h.wheel(260),
		h.clickAt("#your-stars", 0.93, 0.5),
		h.fill("#review-text", "Six screws, as promised."), h.pause(moment),
		h.click("a.cart"), h.pause(look),
		h.click(`.cartline:last-child .stepper button:first-child`), h.pause(moment),
		h.click(".extras #wrap + .switch"), h.fill("#gift-text", "For Nils"),
		h.drag("#fund", 0.11, 0.42), h.pause(moment),
		h.click("#to-checkout"), h.pause(moment),
		h.fill("#name", "Ada Lovelace"), h.keys("\tada@example.org"), h.fill("#street", "12 Quay Street"),
		h.keys("\tH91 X2\tGalway"), h.to(".membercard", 0.5, 0.4),
		h.fill("#card-number", "4242424242424242"), h.keys("\t0931\t123"),
		h.click("#account"), h.fill("#password", "correct horse"),
		h.fill("#note", "Ring twice please"),
		h.click("#terms"), h.click("#pay"), h.pause(1600*time.Millisecond),
		h.to(".thanks .button", 0.5, 0.5), h.pause(moment),
	)
}

// phone browses with a thumb, zooms into a fan, turns the colours dark.
func phone(h *hand) error {
	return steps(
		h.pause(look),
		h.swipe(420), h.pause(moment), h.swipe(-240),
		h.tap(".filterbox > summary"), h.pause(moment), h.tap(`input[name="cat"][value="Light & air"]`), h.pause(moment),
		h.tap(".filterbox > summary"), h.pause(moment),
		h.tap("#card-desk-fan h3 a"), h.pause(look),
		h.pinch("#stage", 90, 330), h.pause(look), h.pinch("#stage", 330, 60), h.pause(moment),
		h.tap(`.swatch input[value="cobalt"]`), h.pause(moment),
		h.tap("#add"), h.pause(moment),
		h.swipeOver("#review-list", 190), h.pause(moment),
		h.tap("#what"), h.pause(look), h.swipeOver("#recorded .kinds", 240), h.pause(moment), h.tap("#recorded .sheethead button"), h.pause(moment),
		h.tap(".topline > .round"), h.pause(look),
		h.tap("a.cart"), h.pause(moment),
		h.tap(`.option input[value="bike"]`), h.pause(moment),
		h.tap("#to-checkout"), h.pause(moment),
		h.enter("#name", "Ines Duarte"),
		h.enter("#note", "Terceiro andar"), h.pause(look),
		h.swipe(-420), h.pause(moment),
	)
}

// coupon applies the advertised coupon, which throws, and gives up.
func coupon(h *hand) error {
	return steps(
		h.pause(look),
		h.wheel(360), h.to("#card-morning-mug", 0.5, 0.4), h.pause(moment),
		h.click("#card-morning-mug h3 a"), h.pause(look),
		h.click(`.swatch input[value="plum"]`), h.pause(moment), h.choose("#count", strings.Repeat(kb.ArrowDown, 2)),
		h.click("#add"), h.pause(moment),
		h.click("a.cart"), h.pause(look),
		h.fill("#coupon", "mend10"), h.pause(moment),
		h.click("#apply"), h.pause(2*time.Second),
		h.to("#to-checkout", 0.3, 1.6), h.pause(moment),
		h.to("#apply", 0.5, 0.5), h.press, h.pause(140*time.Millisecond), h.press, h.pause(120*time.Millisecond), h.press, h.pause(130*time.Millisecond), h.press,
		h.pause(look), h.to(".sums", 0.6, 0.5), h.pause(moment),
		h.click(`.top nav a:last-child`), h.pause(look),
		h.to(".tall", 0.5, 0.4), h.wheel(240), h.pause(moment),
		h.click("#questions details:nth-of-type(2) summary"), h.pause(look),
		h.click("#questions details:nth-of-type(5) summary"), h.pause(2*look),
		h.click(".logo"), h.pause(look),
	)
}
