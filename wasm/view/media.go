package view

// media is what the recorded browser answered to the media features that depend on the
// device and its settings. The viewer's own answers would show another page: a phone's
// menu opens by touch because the phone said (hover: none).
type media struct {
	device device
	motion motion
}

type device uint8

const (
	deviceUnknown device = iota
	deviceMouse
	deviceTouch
)

type motion uint8

const (
	motionUnknown motion = iota
	motionFree
	motionReduced
)

// note takes what one meta op tells.
func (m *media) note(key int64, value string) {
	switch key {
	case metaDeviceClass:
		switch value {
		case "desktop":
			m.device = deviceMouse
		case "phone", "tablet":
			m.device = deviceTouch
		}
	case metaReducedMotion:
		switch value {
		case "reduce":
			m.motion = motionReduced
		case "no-preference":
			m.motion = motionFree
		}
	}
}

// mediaFeature lists the features whose value could be read as a pseudo-class.
var mediaFeature = map[string]bool{"hover": true, "any-hover": true}

// answer tells whether (name: value) held; value is empty in (name). known is false for
// what the viewer's browser has to answer. Names are in lower case.
func (m media) answer(name, value string) (holds, known bool) {
	is := ""
	switch name {
	case "scripting":
		return value == "" || value == "enabled", true
	case "hover", "any-hover":
		switch m.device {
		case deviceMouse:
			is = "hover"
		case deviceTouch:
			is = "none"
		}
	case "pointer", "any-pointer":
		switch m.device {
		case deviceMouse:
			is = "fine"
		case deviceTouch:
			is = "coarse"
		}
	case "prefers-reduced-motion":
		switch m.motion {
		case motionFree:
			is = "no-preference"
		case motionReduced:
			is = "reduce"
		}
	}
	if is == "" {
		return false, false
	}
	if value == "" { // alone, a feature holds unless its value is the one that says no
		return is != "none" && is != "no-preference", true
	}
	return value == is, true
}
