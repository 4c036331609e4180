package behavior

import (
	"slices"

	"candor/analyzer/flow"
)

// properties of the browser and device that are watched, as readers know them.
// They are those of Laperdrix, Rudametkin and Baudry, "Beauty and the Beast"
// (S&P 2016), and of their successors in browsers, without those that every
// script reads (user agent, size of the window).
var properties = map[string]string{
	"Navigator.platform": "platform", "Navigator.languages": "languages", "Navigator.hardwareConcurrency": "processor cores",
	"Navigator.deviceMemory": "memory", "Navigator.maxTouchPoints": "touch points", "Navigator.plugins": "plugins", "Navigator.vendor": "browser vendor",
	"Screen.colorDepth": "colour depth", "Screen.availWidth": "screen size", "Intl.DateTimeFormat.resolvedOptions": "time zone",
	"NavigatorUAData.getHighEntropyValues": "client hints", "MediaDevices.enumerateDevices": "media devices", "Navigator.getBattery": "battery",
	"SpeechSynthesis.getVoices": "voices",
}

// How many of them one script reads before that is fingerprinting.
const (
	leastProperties = 8
	manyProperties  = 9
)

// navigators finds scripts that read many properties of the browser and device.
// No measurement has published a figure for it; analytics scripts were seen to
// read up to six of the fourteen that are watched, fingerprinting libraries nine.
//
// Eight of the fourteen are watched from the first reading of the number of
// processors or the size of the memory on.
//
// Misses: the same through server-side headers; scripts that read fewer; reading
// is not sending, which fingerprint_exfiltration tells.
type navigators struct{ actors *actors }

func (d *navigators) end(s *scan) {
	for _, x := range d.actors.all {
		var read []string
		id := ""
		for api, name := range properties {
			if k := x.has(api); k.count > 0 {
				read = append(read, name)
				id = first(id, k.id)
			}
		}
		if len(read) < leastProperties {
			continue
		}
		confidence := flow.Indirect
		if len(read) >= manyProperties {
			confidence = flow.Strong
		}
		slices.Sort(read)
		x.saw(s, NavigatorFingerprinting, confidence, id, "many properties of the browser and device were read", read...)
	}
}
