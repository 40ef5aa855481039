package view

import (
	"strconv"
	"unicode/utf8"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// AppendTimeline appends the timeline of the session as one JSON object (PATCH.md,
// "Timeline"). Times are session ms; startMs is epoch ms.
func (s *Session) AppendTimeline(b []byte) []byte {
	t := s.line()
	b = append(b, `{"startMs":`...)
	b = strconv.AppendInt(b, t.start, 10)
	b = append(b, `,"durationMs":`...)
	b = strconv.AppendInt(b, t.duration, 10)
	b = append(b, `,"pages":[`...)
	for i, v := range s.pages {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = appendString(b, v.id)
		b = appendInt(b, "from", t.starts[i])
		b = appendInt(b, "to", t.ends[i])
		b = append(b, `,"anchored":`...)
		b = strconv.AppendBool(b, v.anchored)
		b = append(b, `,"meta":{`...)
		first := true
		for key := range int64(len(metaNames)) {
			if value, ok := v.meta[key]; ok && metaNames[key] != "" {
				if !first {
					b = append(b, ',')
				}
				first = false
				b = appendString(b, metaNames[key])
				b = append(b, ':')
				b = appendString(b, short(value, 2048))
			}
		}
		b = append(b, "}}"...)
	}
	b = append(b, `],"shown":[`...)
	for i, m := range t.shown {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendInt(b, m.from, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(m.page), 10)
		b = append(b, ']')
	}
	b = appendSpans(b, `],"gaps":[`, t.gaps)
	b = appendSpans(b, `],"idle":[`, t.idle)
	b = append(b, `],"events":[`...)
	first := true
	for _, v := range s.pages {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = v.appendEvent(b, &event{kind: "page", label: short(v.meta[metaEntryURL], 200)}, t)
		for i := range v.events {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = v.appendEvent(b, &v.events[i], t)
		}
	}
	b = append(b, `],"problems":[`...)
	for i, p := range s.problems.list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"message":`...)
		b = appendString(b, p.Message)
		b = appendInt(b, "count", int64(p.Count))
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// metaNames are the members of a page view's meta, by key (PROTOCOL.md, meta keys).
var metaNames = [...]string{
	1: "entryUrl", 2: "referrer", 3: "title", 4: "userAgent", 5: "browser", 6: "os", 7: "deviceClass", 8: "screen",
	9: "language", 10: "timeZone", 11: "connection", 12: "colorScheme", 13: "reducedMotion", 14: "consentState",
	15: "release", 16: "environment", 17: "utmSource", 18: "utmMedium", 19: "utmCampaign", 20: "utmTerm",
	21: "utmContent", 22: "visitorId", 23: "predecessorPageView", 24: "recorderVersion", 25: "tabId",
	26: "privacyLevel", 27: "viewport", 28: "pixelRatio", 29: "policyVersion",
}

func (v *pageView) appendEvent(b []byte, e *event, t *timeline) []byte {
	b = append(b, `{"at":`...)
	at := v.toSession(e.at, t)
	b = strconv.AppendInt(b, at, 10)
	if e.to > e.at {
		b = appendInt(b, "to", v.toSession(e.to, t))
	}
	b = appendInt(b, "page", int64(v.index))
	b = append(b, `,"kind":`...)
	b = appendString(b, e.kind)
	if e.placed {
		b = appendInt(b, "x", int64(e.x))
		b = appendInt(b, "y", int64(e.y))
	}
	if e.kind == "resize" {
		b = appendInt(b, "width", int64(e.x))
		b = appendInt(b, "height", int64(e.y))
	}
	if e.count > 0 {
		b = appendInt(b, "count", int64(e.count))
	}
	if e.tag != "" {
		b = append(b, `,"tag":`...)
		b = appendString(b, e.tag)
	}
	if e.label != "" {
		b = append(b, `,"label":`...)
		b = appendString(b, e.label)
	}
	return append(b, '}')
}

func appendSpans(b []byte, head string, spans []span) []byte {
	b = append(b, head...)
	for i, p := range spans {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendInt(b, p.from, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, p.to, 10)
		b = append(b, ']')
	}
	return b
}

func appendInt(b []byte, name string, n int64) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, n, 10)
}

const hexDigits = "0123456789abcdef"

// appendString writes s as a JSON string; invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r == 0x7f || r == 0x2028 || r == 0x2029:
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
