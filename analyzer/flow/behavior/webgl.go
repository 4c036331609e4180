package behavior

import (
	"strings"

	"candor/analyzer/flow"
)

// UNMASKED_VENDOR_WEBGL and UNMASKED_RENDERER_WEBGL of the extension
// WEBGL_debug_renderer_info, as numbers.
const (
	unmaskedVendor   = "37445"
	unmaskedRenderer = "37446"
)

// leastParameters is how many of the graphics card's limits a script reads
// beside its name before that is fingerprinting.
const leastParameters = 10

// webgl finds scripts that read the name of the graphics card
// (WEBGL_debug_renderer_info; Laperdrix, Rudametkin and Baudry, "Beauty and the
// Beast", S&P 2016) and with it either many of its limits or precisions, or a
// picture that it drew (Mowery and Shacham, "Pixel Perfect", W2SP 2012). No
// measurement has published figures; ten limits is what FingerprintJS-like
// scripts exceed and drawing libraries that ask for the name do not reach.
//
// Misses: scripts that never ask for the card's name; drawing libraries that ask
// for it and for many limits are taken for fingerprinting.
type webgl struct{ actors *actors }

func (d *webgl) end(s *scan) {
	for _, x := range d.actors.all {
		params := x.has("WebGLRenderingContext.getParameter")
		named, limits := false, 0
		for v := range params.values {
			switch name, _, _ := strings.Cut(v, "="); name {
			case unmaskedVendor, unmaskedRenderer:
				named = true
			default:
				limits++
			}
		}
		if !named {
			continue
		}
		var with []string
		if limits >= leastParameters || x.has("WebGLRenderingContext.getShaderPrecisionFormat").count >= 6 {
			with = append(with, "its limits")
		}
		if x.has("WebGLRenderingContext.getSupportedExtensions").count > 0 && len(with) > 0 {
			with = append(with, "its extensions")
		}
		picture := x.has("WebGLRenderingContext.readPixels").count > 0
		for _, c := range x.canvases {
			picture = picture || c.webgl && (c.read != "" || c.pixels != "")
		}
		if picture {
			with = append(with, "a picture that it drew")
		}
		if len(with) > 0 {
			x.saw(s, WebGLFingerprinting, flow.Strong, params.id, "the name of the graphics card was read through WebGL", with...)
		}
	}
}
