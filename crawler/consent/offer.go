package consent

import (
	"context"
	"math"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// tell adds a layer to the offer, with its picture.
func (a *attempt) tell(ctx context.Context, b *banner, v *view) {
	c := &a.made.Choice
	if c.Offer == nil {
		c.Offer = &evidence.Offer{Layers: []evidence.OfferLayer{}, WayBack: []string{}, WayBackMissing: []string{}, Vendors: []string{}}
		c.Offer.Wall = a.wall(ctx, b, v)
	}
	layer := a.offered(ctx, v)
	if len(c.Offer.Layers) >= 4 || slices.ContainsFunc(c.Offer.Layers, func(l evidence.OfferLayer) bool { return sameLayer(l, layer) }) {
		return
	}
	c.Offer.Layers = append(c.Offer.Layers, layer)
	a.countClicks(v, len(c.Offer.Layers) == 1)
	if picture := a.pictureOf(ctx, v.b); picture != nil {
		a.made.Pictures = append(a.made.Pictures, Picture{Layer: len(c.Offer.Layers) - 1, JPEG: picture})
	}
	a.addVendors(v.vendors)
	if c.Offer.GPC == "" {
		for _, line := range strings.Split(v.Text, "\n") {
			if signalWords.MatchString(line) {
				c.Offer.GPC = told(line, 300)
				break
			}
		}
	}
}

// sameLayer says whether a layer is one that was told before, such as one that is
// shown again.
func sameLayer(a, b evidence.OfferLayer) bool {
	return a.Text == b.Text && slices.EqualFunc(a.Controls, b.Controls, func(x, y evidence.OfferControl) bool {
		return x.Text == y.Text && x.Role == y.Role
	})
}

func (a *attempt) addVendors(names []string) {
	c := a.made.Choice.Offer
	for _, n := range names {
		if n != "" && len(c.Vendors) < maxVendors && !slices.Contains(c.Vendors, n) {
			c.Vendors = append(c.Vendors, n)
		}
	}
}

// whole is where a layer stands in the viewport of the page.
func (a *attempt) whole(ctx context.Context, v *view) (box evidence.Box, width, height float64) {
	box, width, height = v.Box, v.width, v.height
	if v.b.at == nil {
		return box, width, height
	}
	var got lookAnswer
	if frames := a.p.Frames(); len(frames) > 0 && ask(ctx, a.p, frames[0].ID, map[string]any{"op": "look", "rules": []string{}, "looks": false}, &got) == nil && got.Width > 0 {
		width, height = got.Width, got.Height
	}
	at := *v.b.at
	if v.How == "frame" || v.Box.Width >= v.width*.98 {
		return at, width, height
	}
	return evidence.Box{X: at.X + box.X, Y: at.Y + box.Y, Width: box.Width, Height: box.Height}, width, height
}

func (a *attempt) offered(ctx context.Context, v *view) evidence.OfferLayer {
	box, width, height := a.whole(ctx, v)
	out := evidence.OfferLayer{
		Text: told(v.Text, 4096), Language: v.lang, Box: box, Controls: []evidence.OfferControl{}, Toggles: []evidence.OfferToggle{},
		Covers: covers(box, width, height), Position: position(box, width, height),
	}
	for _, c := range v.Controls {
		k := evidence.OfferControl{Role: c.is.role, Text: c.Text, Kind: c.Kind, Box: c.Box, FontPX: c.Font, FontWeight: c.Weight, InView: c.InView}
		if c.is.role == roleReject && leaves(c.Href, v.b.frame.URL) || c.is.role == roleAccept && leaves(c.Href, v.b.frame.URL) {
			k.Role = roleNotice
		}
		surface, back := composed(c.Around), composed(c.Back)
		k.Surface, k.Background, k.StandsOut = surface.hex(), back.hex(), contrast(back, surface)
		if text, ok := parseColour(c.Color); ok {
			text.a *= clamp(c.Opacity)
			text = text.over(back)
			k.Color, k.Contrast = text.hex(), contrast(text, back)
		}
		out.Controls = append(out.Controls, k)
	}
	for _, t := range v.Toggles {
		out.Toggles = append(out.Toggles, evidence.OfferToggle{Label: t.Label, On: t.On, Locked: t.Locked})
	}
	return out
}

func covers(b evidence.Box, width, height float64) float64 {
	if width <= 0 || height <= 0 {
		return 0
	}
	w := min(b.X+b.Width, width) - max(b.X, 0)
	h := min(b.Y+b.Height, height) - max(b.Y, 0)
	return math.Round(max(w, 0)*max(h, 0)/(width*height)*1000) / 1000
}

// position says in a word where a box stands in the viewport.
func position(b evidence.Box, width, height float64) string {
	if covers(b, width, height) >= .8 {
		return "full"
	}
	wide, tall := b.Width >= width*.7, b.Height >= height*.7
	x, y := b.X+b.Width/2, b.Y+b.Height/2
	middle := math.Abs(x-width/2) < width*.12
	switch {
	case middle && math.Abs(y-height/2) < height*.15:
		return "center"
	case wide || middle:
		if y < height/2 {
			return "top"
		}
		return "bottom"
	case tall:
		if x < width/2 {
			return "left"
		}
		return "right"
	case math.Abs(y-height/2) < height*.15:
		if x < width/2 {
			return "left"
		}
		return "right"
	}
	return "corner"
}

// countClicks works out the least number of clicks to accept and to refuse, from
// the layers that were seen.
func (a *attempt) countClicks(v *view, first bool) {
	o := a.made.Choice.Offer
	before := 1
	if !first {
		before = 2
	}
	least := func(n *int, k int) {
		if *n == 0 || k < *n {
			*n = k
		}
	}
	want := a.want
	defer func() { a.want = want }()
	for _, a.want = range []string{roleAccept, roleReject} {
		clicks := &o.AcceptClicks
		if a.want == roleReject {
			clicks = &o.RejectClicks
		}
		c := a.pick(v, true, map[string]bool{})
		switch {
		case c == nil:
		case c.is.role == roleSave || a.switches(v, c):
			least(clicks, before+len(a.toSwitch(v)))
		default:
			least(clicks, before)
		}
	}
}

// wall says whether the page can be used before a choice is made: a banner that
// can be put away without one is no wall.
func (a *attempt) wall(ctx context.Context, b *banner, v *view) bool {
	if slices.ContainsFunc(v.Controls, func(c control) bool { return c.is.role == roleClose }) {
		return false
	}
	frames := a.p.Frames()
	if len(frames) == 0 {
		return false
	}
	n := v.N
	if b.at != nil {
		n = -1
	}
	var got struct {
		Locked, Modal bool
		Covered       float64
	}
	if ask(ctx, a.p, frames[0].ID, map[string]any{"op": "wall", "n": n}, &got) != nil {
		return false
	}
	return got.Locked || got.Modal || got.Covered >= .95 || b.at != nil && v.width > 0 && covers(*b.at, v.width, v.height) >= .95
}

// pictureOf takes a picture of a banner as it is now, cropped; of the whole
// viewport when there is none. nil when it cannot be taken.
func (a *attempt) pictureOf(ctx context.Context, b *banner) []byte {
	frames := a.p.Frames()
	if len(frames) == 0 {
		return nil
	}
	var area *evidence.Box
	frame := frames[0].ID
	if b != nil {
		var got layerAnswer
		if ask(ctx, a.p, b.frame.ID, map[string]any{"op": "layer", "n": b.n, "how": b.how}, &got) == nil && got.Layer != nil {
			v := &view{layer: *got.Layer, b: b, width: got.Width, height: got.Height}
			box, width, height := a.whole(ctx, v)
			x, y := max(box.X, 0), max(box.Y, 0)
			w, h := min(box.X+box.Width, width)-x, min(box.Y+box.Height, height)-y
			if w > 8 && h > 8 {
				area = &evidence.Box{X: x, Y: y, Width: w, Height: h}
			}
		}
	}
	picture, err := a.p.Picture(ctx, frame, area)
	if err != nil && area != nil {
		picture, err = a.p.Picture(ctx, frame, nil)
	}
	if err != nil {
		return nil
	}
	return picture
}

// deeper opens the second layer and reads it, and the list of vendors if it is
// there; nothing is chosen, and the window is thrown away afterwards.
func (a *attempt) deeper(ctx context.Context, b *banner, v *view) {
	for _, role := range []string{roleSettings, roleVendors} {
		i := slices.IndexFunc(v.Controls, func(c control) bool {
			return c.is.role == role && !c.Disabled && !leaves(c.Href, v.b.frame.URL)
		})
		if i < 0 {
			continue
		}
		if a.click(ctx, v.b, &v.Controls[i], role) != "" {
			continue
		}
		next, _, _ := a.after(ctx, v, true)
		if next == nil {
			continue
		}
		if role == roleVendors {
			for _, t := range next.Toggles {
				if !slices.ContainsFunc(v.Toggles, func(o toggle) bool { return o.Label == t.Label }) {
					a.addVendors([]string{told(t.Label, 120)})
				}
			}
		}
		a.tell(ctx, next.b, next)
		v = next
	}
}
