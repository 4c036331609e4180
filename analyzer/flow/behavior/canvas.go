package behavior

import (
	"strings"
	"unicode"

	"candor/analyzer/flow"
)

// Thresholds of canvas fingerprinting.
const (
	leastCanvas = 16 // px, of width and height
	leastColors = 2
	leastChars  = 10
)

// canvases finds canvas fingerprinting as Englehardt and Narayanan, "Online
// Tracking: A 1-million-site Measurement and Analysis" (CCS 2016), tell it,
// after Acar et al. (CCS 2014): text in at least two colours or of at least ten
// different characters is drawn on a canvas of at least 16 × 16 pixels, the
// script does not use save (drawings of interest do), and reads the picture
// without loss (toDataURL, toBlob, convertToBlob) or at least 16 × 16 pixels of
// it (getImageData). Letters, digits and signs count as characters; emoji do
// not, which tests for emoji draw.
//
// Misses: pictures without text; text that was drawn by one script and read by
// another; a script that saves the context's state on purpose.
type canvases struct{ actors *actors }

func (d *canvases) end(s *scan) {
	for _, x := range d.actors.all {
		for _, c := range x.canvases {
			id := c.pixels
			if c.read != "" && !c.lossy {
				id = first(id, c.read)
			}
			if id == "" || c.width < leastCanvas || c.height < leastCanvas || c.saved || c.webgl || len(c.texts) == 0 {
				continue
			}
			chars := written(c.texts)
			if chars == 0 || len(c.colors) < leastColors && chars < leastChars {
				continue
			}
			x.saw(s, CanvasFingerprinting, flow.Strong, id, "text was drawn on a canvas and its picture read back (Englehardt and Narayanan 2016)")
		}
	}
}

// written counts the different letters, digits and signs.
func written(texts []string) int {
	seen := map[rune]bool{}
	for _, r := range strings.Join(texts, "") {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsPunct(r) {
			seen[r] = true
		}
	}
	return len(seen)
}
