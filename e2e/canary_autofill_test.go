package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/autofill"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The browser's own autofill fills a card and an address into forms; nothing of it leaves the page,
// and of the card nothing where fields are allowed.
func TestAutofillLeavesNothing(t *testing.T) {
	if !*leaksFlag && !*leaksAloneFlag {
		t.Parallel()
	}
	wholeBrowser(t)
	const cardForm = `<form id="card"><input id="cc" name="cardnumber" autocomplete="cc-number"><input name="ccname" autocomplete="cc-name">
		<input name="expiry" autocomplete="cc-exp"><input name="cvc" autocomplete="cc-csc"><button>Pay</button></form>`
	const addressForm = `<form id="address"><input name="name" autocomplete="name" id="who"><input name="street" autocomplete="street-address">
		<input name="city" autocomplete="address-level2"><input name="zip" autocomplete="postal-code"><input name="email" type="email" autocomplete="email"><button>Go</button></form>`
	for _, policy := range []struct{ level, marker string }{{"strict", ""}, {"balanced", ""}, {"strict", "allow"}, {plain, ""}} {
		t.Run(strings.TrimSpace(policy.level+" "+policy.marker), func(t *testing.T) {
			attribute := ""
			if policy.marker != "" {
				attribute = ` data-afterimage="` + policy.marker + `"`
			}
			var tag string
			origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,">%s<title>form</title></head><body>%s<div%s>%s%s</div></body></html>`, tag, fmt.Sprintf(formOf(policy.level).before, "a form of fields"), attribute, cardForm, addressForm)
			}))
			c := startCollectorFor(t, origin, "--privacy", "balanced")
			tap := tapWire(t, c.Addr)
			tag = fieldTag(policy.level, tap, c)
			tb := record(t, origin, 1000, 700)
			eval[any](tb, `afterimage.flush().then(() => 0)`)
			if policy.marker == "allow" {
				// What the strict core took in stays masked: the one that shows text is there, and has the page.
				tb.until(`performance.getEntriesByType('resource').some(({ name }) => name.includes('afterimage-recorder'))`)
				eval[any](tb, `afterimage.flush().then(() => new Promise((done) => setTimeout(done, 500))).then(() => afterimage.flush()).then(() => 0)`)
			}
			number, holder := newCanary("N", "card"), newCanary("S", "card holder")
			street, city, mail := newCanary("S", "street"), newCanary("S", "city"), newCanary("M", "e-mail")
			fill := func(field string, p autofill.TriggerParams) {
				p.FieldID = backendNode(tb, field)
				eval[any](tb, `document.querySelector('`+field+`').focus()`)
				if _, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, autofill.Trigger, p); err != nil {
					t.Fatalf("autofill of %s: %v", field, err)
				}
			}
			fill("#cc", autofill.TriggerParams{Card: &autofill.CreditCard{Number: number.text, Name: holder.text, ExpiryMonth: "07", ExpiryYear: "2041", Cvc: "918"}})
			tb.until(`document.querySelector('#cc').value.replace(/\D/g, '') === "` + number.text + `"`)
			eval[any](tb, `(window.told = [], addEventListener('change', (e) => told.push(e.target.value)), 0)`)
			fill("#who", autofill.TriggerParams{Address: &autofill.Address{Fields: []*autofill.AddressField{
				{Name: "NAME_FULL", Value: holder.text}, {Name: "ADDRESS_HOME_STREET_ADDRESS", Value: street.text}, {Name: "ADDRESS_HOME_CITY", Value: city.text},
				{Name: "ADDRESS_HOME_ZIP", Value: "10115"}, {Name: "ADDRESS_HOME_COUNTRY", Value: "DE"}, {Name: "EMAIL_ADDRESS", Value: mail.text}}}})
			// The browser fills field by field, in an order of its own, and tells of each when it is filled.
			tb.until(`[` + toJSON(city.text) + `, ` + toJSON(mail.text) + `].every((text) => told.includes(text))`)
			eval[any](tb, `afterimage.flush().then(() => 0)`)
			if pending := eval[int](tb, `afterimage.stop({timeoutMs: 20000}).then((r) => r.pending)`); pending != 0 {
				t.Fatalf("%d segments were not acknowledged", pending)
			}
			checkHandover(tb, &leakPage{name: "autofill", level: policy.level, either: true}) // beside other tests the page may be busy
			s := newScanner(number, holder, street, city, mail)
			lines := c.scanAll(t, s, tap)
			if !strings.Contains(string(lines), "a form of fields") {
				t.Error("the allowed text did not arrive")
			}
			for _, canary := range []*canary{number, holder, street, city, mail} {
				isFree := policy.marker == "allow" && strings.HasSuffix(canary.where, "$S")
				if s.seen(canary) && !isFree {
					t.Errorf("leak: %s%s", canary.where, s.forms(canary))
				}
				if isFree && canary == city && !s.seen(canary) {
					t.Errorf("lost: %s, though it is allowed", canary.where)
				}
			}
			if policy.marker != "allow" && !strings.Contains(string(lines), `"value"`) {
				t.Error("nothing tells that the fields were filled")
			}
		})
	}
}

func backendNode(tb *tab, selector string) cdp.BackendNodeID {
	tb.t.Helper()
	at := chromedp.FromContext(tb.ctx).Target
	found, err := cdp.Call(tb.ctx, at, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.querySelector('" + selector + "')"})
	if err != nil {
		tb.t.Fatal(err)
	}
	node, err := cdp.Call(tb.ctx, at, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: found.Result.ObjectID})
	if err != nil {
		tb.t.Fatal(err)
	}
	return node.Node.BackendNodeID
}
