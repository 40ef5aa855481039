package view

import "strings"

// localName is the name by which an element acts: lower case, without prefix.
func localName(n *node) string {
	s := n.name
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		s = s[i+1:]
	}
	return strings.ToLower(s)
}

// opaque elements show nothing of their children, or show them by other means (the text of
// a style element is a sheet): their children are not put out.
func opaque(local string) bool {
	switch local {
	case "style", "script", "noscript", "template", "iframe", "frame", "link", "meta", "base",
		"object", "embed", "applet", "noembed", "noframes", "canvas", "video", "audio", "portal", "fencedframe":
		return true
	}
	return false
}

// outName is the name under which an element is put out. Names that begin no element of
// HTML, and elements whose text a parser does not read as text, get a harmless one.
func outName(n *node) string {
	name := n.name
	if n.ns != nsHTML {
		if i := strings.LastIndexByte(name, ':'); i >= 0 {
			name = name[i+1:]
		}
	}
	if !plainName(name) {
		return "afterimage-unknown"
	}
	switch localName(n) {
	case "frame", "portal", "fencedframe":
		return "iframe"
	case "xmp", "plaintext", "listing":
		return "pre"
	case "object", "embed", "applet":
		return "afterimage-object"
	case "frameset":
		return "body"
	}
	if n.ns == nsHTML {
		return strings.ToLower(name)
	}
	return name
}

// plainName allows what both createElement and an HTML parser read as one name.
func plainName(s string) bool {
	if s == "" || len(s) > maxNameBytes {
		return false
	}
	for i := 0; i < len(s); i++ {
		b := s[i]
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
		if !letter && (i == 0 || !(b >= '0' && b <= '9' || b == '-' || b == '_' || b == '.' || b == ':' || b >= 0x80)) {
			return false
		}
	}
	return true
}

// attrName allows names that cannot be read as anything else in a tag.
func attrName(s string) bool {
	if s == "" || len(s) > maxNameBytes {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b <= ' ' || b == 0x7f, b == '"', b == '\'', b == '<', b == '>', b == '/', b == '=', b == '`':
			return false
		}
	}
	return true
}

// safeAttrs are the attributes of an element as they are put out.
func safeAttrs(n *node, m look) []attr {
	local := localName(n)
	out := make([]attr, 0, len(n.attrs)+1)
	for _, a := range n.attrs {
		if !attrName(a.name) {
			continue
		}
		if value, ok := safeAttr(n, local, strings.ToLower(a.name), a.value, m); ok {
			out = append(out, attr{a.name, value})
		}
	}
	if local == "script" {
		out = append(out, attr{"type", "afterimage/inert"})
	}
	return out
}

// Attributes that name something to load, to run, to go to or to send to, or that act by
// themselves. They are taken out of every element; the exceptions stand in safeAttr.
var actingAttr = map[string]bool{
	"src": true, "srcset": true, "imagesrcset": true, "imagesizes": true, "srcdoc": true, "poster": true, "background": true,
	"href": true, "xlink:href": true, "xml:base": true, "action": true, "formaction": true, "formmethod": true,
	"formenctype": true, "formtarget": true, "target": true, "method": true, "enctype": true, "data": true, "code": true,
	"codebase": true, "archive": true, "classid": true, "object": true, "cite": true, "longdesc": true, "profile": true,
	"manifest": true, "ping": true, "lowsrc": true, "dynsrc": true, "icon": true, "usemap": true, "download": true,
	"http-equiv": true, "nonce": true, "integrity": true, "crossorigin": true, "is": true, "autofocus": true,
	"autoplay": true, "preload": true, "loading": true, "fetchpriority": true, "importance": true, "attributionsrc": true,
	"attributiondestination": true, "sandbox": true, "allow": true, "allowfullscreen": true, "csp": true, "credentialless": true,
	"referrerpolicy": true, "popovertarget": true, "popovertargetaction": true, "command": true, "commandfor": true,
	"interestfor": true, "interesttarget": true, "invoketarget": true, "accesskey": true, "shadowrootmode": true,
	"shadowroot": true, "blocking": true, "as": true, "rel": true, "browsingtopics": true, "sharedstoragewritable": true,
	"external": true, "handler": true, "ev:event": true, "event": true, "observer": true, "requiredextensions": true,
	"writingsuggestions": true, "virtualkeyboardpolicy": true, "privatetoken": true, "credentials": true, "html": true,
}

// safeAttr decides about one attribute; name is in lower case.
func safeAttr(n *node, local, name, value string, m look) (string, bool) {
	if strings.HasPrefix(name, "on") || strings.HasPrefix(name, "xmlns") {
		return "", false
	}
	if strings.HasPrefix(name, "data-afterimage-") {
		return "", false
	}
	switch local {
	case "script", "base", "link", "meta", "iframe", "frame", "object", "embed", "applet", "portal", "fencedframe":
		return inertElementAttr(n, local, name, value, m)
	}
	if actingAttr[name] {
		return actingValue(n, local, name, value, m)
	}
	switch name {
	case "style":
		return safeCSS(value, m), true
	case "media":
		return safeCSS(value, m), true
	case "attributename": // SVG animation must not write what is taken out here
		v := strings.ToLower(strings.TrimSpace(value))
		if i := strings.LastIndexByte(v, ':'); i >= 0 {
			v = v[i+1:]
		}
		return value, v != "href" && v != "src" && v != "style" && !strings.HasPrefix(v, "on") && !actingAttr[v]
	case "type":
		if local == "style" && value != "" && !strings.EqualFold(value, "text/css") {
			return "afterimage/inert", true
		}
		return value, true
	case "title", "alt", "placeholder", "value", "label", "summary", "content":
		return value, true
	}
	if strings.HasPrefix(name, "aria-") || strings.HasPrefix(name, "data-") {
		return value, true
	}
	if strings.ContainsAny(value, "(\\") { // fill="url(…)" and its kin
		return safeCSS(value, m), true
	}
	return value, true
}

// inertElementAttr leaves elements that exist to load something nothing but what they look
// like.
func inertElementAttr(n *node, local, name, value string, m look) (string, bool) {
	switch name {
	case "style":
		return safeCSS(value, m), true
	case "class", "id", "hidden", "dir", "lang", "width", "height", "slot", "part", "role", "tabindex", "frameborder", "align", "scrolling", "marginwidth", "marginheight":
		return value, true
	case "media":
		return safeCSS(value, m), local == "link"
	case "name":
		return value, local == "meta" && strings.EqualFold(value, "color-scheme")
	case "content":
		return value, local == "meta" && strings.EqualFold(strings.TrimSpace(n.attr("name")), "color-scheme") && n.attr("http-equiv") == ""
	}
	return "", false
}

// actingValue makes the exceptions: what shows something and reaches nothing.
func actingValue(n *node, local, name, value string, m look) (string, bool) {
	value = strings.TrimSpace(value)
	switch name {
	case "href", "xlink:href":
		switch {
		case n.ns == nsHTML && name == "href" && (local == "a" || local == "area"):
			return "#", true // :link must match, nothing must be there
		case n.ns == nsSVG && local == "a":
			return "", false
		case n.ns == nsSVG && strings.HasPrefix(value, "#"):
			return value, !animates(local)
		case n.ns == nsSVG && (local == "image" || local == "feimage"):
			return m.image(value)
		}
	case "src":
		if n.ns == nsHTML && (local == "img" || local == "input") {
			return m.image(value)
		}
		return value, n.ns == nsHTML && local == "source" && inlineImage(value)
	case "srcset":
		if n.ns == nsHTML && (local == "img" || local == "source") {
			return m.srcset(value)
		}
	case "poster", "background":
		return m.image(value)
	}
	return "", false
}

// animates: elements of SVG that change others over time; their target is their parent.
func animates(local string) bool {
	return strings.HasPrefix(local, "animate") || local == "set" || local == "discard" || local == "handler" || local == "listener"
}

// inlineImage allows data: URLs of images. As images, SVG documents neither run scripts nor
// load anything.
func inlineImage(u string) bool {
	return hasMediaPrefix(u, "data:image/")
}

func inlineFont(u string) bool {
	return hasMediaPrefix(u, "data:font/") || hasMediaPrefix(u, "data:application/font") ||
		hasMediaPrefix(u, "data:application/x-font") || hasMediaPrefix(u, "data:application/vnd.ms-fontobject") ||
		hasMediaPrefix(u, "data:application/octet-stream")
}

func hasMediaPrefix(u, prefix string) bool {
	return len(u) >= len(prefix) && strings.EqualFold(u[:len(prefix)], prefix)
}
