package behavior

import "candor/analyzer/flow"

// Thresholds of font fingerprinting.
const (
	leastFonts    = 50 // measured on a canvas
	leastFamilies = 30 // of elements whose width was read
)

// fonts finds scripts that try out which fonts are installed: at least 50
// different fonts of a canvas's context and as many measureText of one text
// (Englehardt and Narayanan, CCS 2016), or the width of elements in at least 30
// different font families (Acar et al., "FPDetective", CCS 2013).
//
// Misses: fonts set by style sheets or measured by getBoundingClientRect,
// document.fonts.check, and scripts that try fewer.
type fonts struct{ actors *actors }

func (d *fonts) end(s *scan) {
	for _, x := range d.actors.all {
		for _, r := range x.has("CanvasRenderingContext2D.measureText").rows {
			if r.distinct >= leastFonts && r.count/max(1, r.texts) >= leastFonts {
				x.saw(s, FontFingerprinting, flow.Strong, r.id, "one text was measured in "+figures(r.distinct, leastFonts, 100)+" fonts (Englehardt and Narayanan 2016)")
			}
		}
		for _, r := range x.has("Element.offsetWidth").rows {
			if r.distinct >= leastFamilies {
				x.saw(s, FontFingerprinting, flow.Strong, r.id, "text was laid out and measured in "+figures(r.distinct, leastFamilies, 100)+" fonts (FPDetective 2013)")
			}
		}
	}
}
