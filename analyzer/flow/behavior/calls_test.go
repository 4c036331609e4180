package behavior_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"testing"

	"candor/crawler/evidence"
)

const tag = "https://js.pixel.test/tag.js"

func values(v ...string) func(*evidence.Call) {
	return func(c *evidence.Call) { c.Values, c.Distinct = v, len(v) }
}

func object(n, width, height int) func(*evidence.Call) {
	return func(c *evidence.Call) { c.Object, c.Width, c.Height = n, width, height }
}

func texts(t ...string) func(*evidence.Call) {
	return func(c *evidence.Call) { c.Texts = t }
}

func several(format string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(format, i))
	}
	return out
}

const (
	drawn = "CanvasRenderingContext2D.fillText"
	url   = "HTMLCanvasElement.toDataURL"
)

func TestCanvasFingerprinting(t *testing.T) {
	found := []string{"canvas_fingerprinting pixel strong: text was drawn on a canvas and its picture read back (Englehardt and Narayanan 2016)"}
	draw := func(color []string, text ...string) *scene {
		return one().call(tag, drawn, len(text), object(1, 200, 40), values(color...), texts(text...))
	}
	two := []string{"#ff6600", "#006699"}
	run(t, []row{
		{"two colours, the whole picture", draw(two, "abc").call(tag, url, 1, object(1, 200, 40)), found},
		{"ten characters, some pixels", draw(two[:1], "Cwm fjordbank").call(tag, "CanvasRenderingContext2D.getImageData", 1, object(1, 16, 16)), found},
		{"off the screen", one().call(tag, "Offscreen"+drawn, 1, object(1, 20, 20), values("#000"), texts("0123456789")).call(tag, "OffscreenCanvas.convertToBlob", 1, object(1, 20, 20)), found},
		{"as PNG and as JPEG", draw(two, "abc").call(tag, url, 2, object(1, 200, 40), values("image/png", "image/jpeg")), found},
		{"nine characters in one colour", draw(two[:1], "abcdefghi").call(tag, url, 1, object(1, 200, 40)), nil},
		{"emoji", draw(two, "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F").call(tag, url, 1, object(1, 200, 40)), nil},
		{"a small canvas", one().call(tag, drawn, 1, object(1, 200, 15), values(two...), texts("abc")).call(tag, url, 1, object(1, 200, 15)), nil},
		{"few pixels", draw(two, "abc").call(tag, "CanvasRenderingContext2D.getImageData", 1, object(1, 15, 16)), nil},
		{"with loss", draw(two, "abc").call(tag, url, 1, object(1, 200, 40), values("image/jpeg")), nil},
		{"a chart saves its state", draw(two, "January").call(tag, "CanvasRenderingContext2D.save", 30, object(1, 0, 0)).call(tag, url, 1, object(1, 200, 40)), nil},
		{"never read", draw(two, "abc"), nil},
		{"another canvas is read", draw(two, "abc").call(tag, url, 1, object(2, 200, 40)), nil},
		{"another script reads it", draw(two, "abc").call("https://js.other.test/a.js", url, 1, object(1, 200, 40)), nil},
		{"without text", one().call(tag, url, 1, object(1, 200, 40)), nil},
	})
}

func TestWebGLFingerprinting(t *testing.T) {
	const get = "WebGLRenderingContext.getParameter"
	limits := append(several("34%02d", 10), "37445=Maker", "37446=Card")
	run(t, []row{
		{"name and limits", one().call(tag, get, 12, values(limits...)), []string{"webgl_fingerprinting pixel strong: the name of the graphics card was read through WebGL, with its limits"}},
		{"name, precisions and extensions", one().call(tag, "WebGL2RenderingContext.getParameter", 1, values("37446=Card")).call(tag, "WebGL2RenderingContext.getShaderPrecisionFormat", 12).call(tag, "WebGL2RenderingContext.getSupportedExtensions", 1),
			[]string{"webgl_fingerprinting pixel strong: the name of the graphics card was read through WebGL, with its extensions and its limits"}},
		{"name and a picture", one().call(tag, get, 1, values("37446=Card")).call(tag, "HTMLCanvasElement.getContext", 1, object(3, 300, 150), values("webgl")).call(tag, url, 1, object(3, 300, 150)),
			[]string{"webgl_fingerprinting pixel strong: the name of the graphics card was read through WebGL, with a picture that it drew"}},
		{"a map asks for the card", one().call(tag, get, 4, values("3379", "34921", "37446=Card")), nil},
		{"a game asks for limits", one().call(tag, get, 40, values(several("34%02d", 40)...)), nil},
	})
}

func TestAudioFingerprinting(t *testing.T) {
	const made = "BaseAudioContext.createOscillator"
	run(t, []row{
		{"rendered and read", one().call(tag, made, 1).call(tag, "BaseAudioContext.createDynamicsCompressor", 1).call(tag, "OfflineAudioContext.startRendering", 1).call(tag, "AudioBuffer.getChannelData", 1),
			[]string{"audio_fingerprinting pixel strong: sound was made and its samples read back (Englehardt and Narayanan 2016), with a compressor"}},
		{"through an analyser", one().call(tag, made, 1).call(tag, "AnalyserNode.getFloatFrequencyData", 1),
			[]string{"audio_fingerprinting pixel strong: sound was made and its samples read back (Englehardt and Narayanan 2016)"}},
		{"a synthesizer", one().call(tag, made, 30), nil},
		{"a wave form of a file", one().call(tag, "AudioBuffer.getChannelData", 2), nil},
		{"bars of a player", one().call(tag, "AnalyserNode.getByteFrequencyData", 100), nil},
		{"two scripts", one().call(tag, made, 1).call("https://js.other.test/a.js", "AnalyserNode.getFloatFrequencyData", 1), nil},
	})
}

func TestFontFingerprinting(t *testing.T) {
	const measured, width = "CanvasRenderingContext2D.measureText", "HTMLElement.offsetWidth"
	run(t, []row{
		{"on a canvas", one().call(tag, measured, 65, values(several("12px f%d", 65)...), texts("mmm")), []string{"font_fingerprinting pixel strong: one text was measured in at least 50 fonts (Englehardt and Narayanan 2016)"}},
		{"by layout", one().call(tag, width, 160, values(several("f%d, serif", 54)...)), []string{"font_fingerprinting pixel strong: text was laid out and measured in at least 30 fonts (FPDetective 2013)"}},
		{"many texts", one().call(tag, measured, 300, values(several("12px f%d", 55)...), texts(several("word %d", 10)...)), nil},
		{"a chart's labels", one().call(tag, measured, 400, values("12px Arial", "bold 12px Arial"), texts("January")), nil},
		{"an editor's list of fonts", one().call(tag, width, 29, values(several("f%d", 29)...)), nil},
	})
}

func TestNavigatorFingerprinting(t *testing.T) {
	all := []string{
		"Navigator.platform", "Navigator.languages", "Navigator.hardwareConcurrency", "Navigator.deviceMemory", "Navigator.maxTouchPoints", "Navigator.plugins",
		"Navigator.vendor", "Screen.colorDepth", "Screen.availWidth", "Intl.DateTimeFormat.resolvedOptions",
	}
	reads := func(n int) *scene {
		s := one()
		for _, api := range all[:n] {
			s.call(tag, api, 2)
		}
		return s
	}
	run(t, []row{
		{"ten", reads(10), []string{"navigator_fingerprinting pixel strong: many properties of the browser and device were read, with browser vendor, colour depth, languages, memory, platform, plugins, processor cores, screen size, time zone and touch points"}},
		{"eight", reads(8), []string{"navigator_fingerprinting pixel indirect: many properties of the browser and device were read, with browser vendor, colour depth, languages, memory, platform, plugins, processor cores and touch points"}},
		{"seven", reads(7), nil},
		{"eight by two scripts", reads(7).call("https://js.other.test/a.js", "Screen.colorDepth", 1), nil},
	})
}

// recorder is a script that does what recorders do.
func recorder() *scene {
	return one().call(tag, "Element.attributes", 80).call(tag, "MutationObserver.observe", 1, values("#document subtree childList attributes characterData")).
		call(tag, "EventTarget.addEventListener", 9, values("#document click", "#document mousemove", "window scroll", "#document input"))
}

const uploads = "https://in.pixel.test/events"

func TestSessionRecording(t *testing.T) {
	widget := one().call(tag, "Element.attributes", 80).call(tag, "MutationObserver.observe", 1, values("BODY subtree childList attributes")).call(tag, "EventTarget.addEventListener", 2, values("#document keydown"))
	run(t, []row{
		{"an unknown recorder", recorder().sends(tag, uploads, "events"), []string{
			"session_recording pixel strong: a script read the whole page, watched its changes and what the visitor does, and sent bodies, with clicks, input, scrolling and the mouse",
		}},
		{"of a vendor that records", one().call("https://cdn.replay.test/r.js", "MutationObserver.observe", 1, values("#document subtree childList")).sends("https://cdn.replay.test/r.js", "https://in.replay.test/e", "x"),
			[]string{"session_recording replay strong: a session replay script watched the page"}},
		{"of a vendor that records, nothing sent", one().call("https://cdn.replay.test/r.js", "MutationObserver.observe", 1, values("HTML subtree childList")),
			[]string{"session_recording replay indirect: a session replay script watched the page"}},
		{"of a vendor that records, not watching", one().call("https://cdn.replay.test/r.js", "Navigator.platform", 1), nil},
		{"its vendor's other script sends", recorder().sends("https://js.pixel.test/send.js", uploads, "events"), []string{
			"session_recording pixel strong: a script read the whole page, watched its changes and what the visitor does, and sent bodies, with clicks, input, scrolling and the mouse",
		}},
		{"nothing is sent", recorder(), nil},
		{"another script sends", recorder().sends("https://js.other.test/a.js", uploads, "events"), nil},
		{"it sends to the site", recorder().sends(tag, home+"events", "events"), nil},
		{"an accessibility widget that counts its use", widget.sends(tag, uploads, "used=1"), nil},
		{"autocapture describes a few elements", one().call(tag, "Element.attributes", 19).call(tag, "MutationObserver.observe", 1, values("BODY subtree childList attributes characterData")).
			call(tag, "EventTarget.addEventListener", 9, values("#document click", "#document change", "window scroll")).sends(tag, uploads, "clicked"), nil},
		{"a lazy loader watches for pictures", one().call(tag, "MutationObserver.observe", 1, values("BODY subtree childList")).call(tag, "EventTarget.addEventListener", 1, values("window scroll")).sends(tag, uploads, "x"), nil},
	})
}

func TestKeystrokeCapture(t *testing.T) {
	listens := func() *scene {
		return one().call(tag, "EventTarget.addEventListener", 2, values("field input", "#document keydown"))
	}
	found := []string{"keystroke_capture pixel indirect: a script listened to input and keys, read fields and sent bodies, with the field email"}
	run(t, []row{
		{"listens, reads, sends", listens().call(tag, "HTMLInputElement.value", 9, values("email email", "hidden token")).sends(tag, uploads, "x"), found},
		{"a spell checker sends nothing", listens().call(tag, "HTMLTextAreaElement.value", 9, values(" text")), nil},
		{"a password meter sends to the site", listens().call(tag, "HTMLInputElement.value", 9, values("password pw")).sends(tag, home+"strength", "3"), nil},
		{"hot keys are no typing", listens().sends(tag, uploads, "x"), nil},
		{"only hidden fields and buttons", listens().call(tag, "HTMLInputElement.value", 9, values("hidden token", "submit go")).sends(tag, uploads, "x"), nil},
		{"a form's own check", one().call(tag, "EventTarget.addEventListener", 2, values("field change", "field blur")).call(tag, "HTMLInputElement.value", 9, values("email email")).sends(tag, uploads, "x"), nil},
		{"another script sends", listens().call(tag, "HTMLInputElement.value", 9, values("email email")).sends("https://js.other.test/a.js", uploads, "x"), nil},
	})
}

func TestFingerprintExfiltration(t *testing.T) {
	const picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAMgAAAAoCAYAAAC7HLUcAAAAAXNSR0IArs4c6QAAAERlWElm"
	sum := md5.Sum([]byte(picture))
	returned := func(v string) func(*evidence.Call) { return func(c *evidence.Call) { c.Content, c.Length = v, len(v) } }
	read := func() *scene { return one().call(tag, url, 1, object(1, 200, 40), returned(picture)) }
	card := one().call(tag, "WebGLRenderingContext.getParameter", 1, values("37446=ANGLE (Maker, Card 3000)"))
	sound := one().call(tag, "AudioBuffer.getChannelData", 1, returned("124.04347527516074"))
	prints := read().call(tag, drawn, 1, object(1, 200, 40), values("#f60", "#069"), texts("abc"))
	run(t, []row{
		{"its MD5 in a body", read().sends("https://js.other.test/a.js", uploads, `{"fp":"`+hex.EncodeToString(sum[:])+`"}`), []string{"fingerprint_exfiltration pixel direct: the picture of a canvas left the page as its MD5"}},
		{"the name of the card", card.sends(tag, uploads, `{"gpu":"ANGLE (Maker, Card 3000)"}`), []string{"fingerprint_exfiltration pixel direct: the name of the graphics card left the page"}},
		{"the sum of samples, rounded", sound.sends(tag, uploads, `{"audio":124.0434752}`), []string{"fingerprint_exfiltration pixel direct: a sum of audio samples left the page"}},
		{"to the site itself", read().sends(tag, home+"fp", hex.EncodeToString(sum[:])), nil},
		{"another picture's hash", read().sends(tag, uploads, `{"fp":"`+hex.EncodeToString(make([]byte, 16))+`"}`), nil},
		{"a fingerprint and an identifier", prints.sends(tag, uploads+"?uid=a81fk20dk3mq7", "x"), []string{
			"fingerprint_exfiltration pixel indirect: a script that fingerprints sent an identifier",
			"canvas_fingerprinting pixel strong: text was drawn on a canvas and its picture read back (Englehardt and Narayanan 2016)",
		}},
	})
}
