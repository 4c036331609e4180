package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// roles are those of controls in an offer.
var roles = []string{"accept", "reject", "settings", "save", "close", "notice", "vendors", "other"}

// evidence reads the short form of an offer. What check found wrong in it is
// left out.
func (o *Offer) evidence() *evidence.Offer {
	out := &evidence.Offer{AcceptClicks: o.Accept, RejectClicks: o.Reject, Wall: o.Wall, WayBack: o.WayBack, WayBackMissing: o.Missing, Vendors: o.Vendors, GPC: o.GPC}
	out.Layers = append(out.Layers, o.layer(o.Controls))
	if len(o.Second)+len(o.Toggles) > 0 {
		l := o.layer(o.Second)
		for _, line := range o.Toggles {
			how, label, _ := strings.Cut(line, ": ")
			l.Toggles = append(l.Toggles, evidence.OfferToggle{Label: label, On: how != "off", Locked: how == "locked"})
		}
		out.Layers = append(out.Layers, l)
	}
	return out
}

func (o *Offer) layer(lines []string) evidence.OfferLayer {
	l := evidence.OfferLayer{Text: cmp.Or(o.Text, "We use cookies."), Language: "en", Position: "bottom", Covers: 0.2, Box: evidence.Box{Width: 1366, Height: 200}}
	for _, line := range lines {
		if c, err := control(line); err == nil {
			l.Controls = append(l.Controls, c)
		}
	}
	return l
}

// control reads "role[ link][ WIDTHxHEIGHT][ contrast N][ stands N][ out]: text".
func control(line string) (evidence.OfferControl, error) {
	head, text, ok := strings.Cut(line, ": ")
	c := evidence.OfferControl{Text: text, Kind: "button", Box: evidence.Box{Width: 160, Height: 40}, FontPX: 16, FontWeight: 400, Contrast: 7, StandsOut: 5, InView: true}
	words := strings.Fields(head)
	if !ok || len(words) == 0 || !slices.Contains(roles, words[0]) {
		return c, fmt.Errorf("control %q; expected \"role: text\", with one of the roles %s", line, strings.Join(roles, ", "))
	}
	c.Role = words[0]
	for i := 1; i < len(words); i++ {
		var err error
		switch w := words[i]; {
		case w == "link":
			c.Kind = "link"
		case w == "out":
			c.InView = false
		case w == "contrast" && i+1 < len(words):
			i++
			_, err = fmt.Sscan(words[i], &c.Contrast)
		case w == "stands" && i+1 < len(words):
			i++
			_, err = fmt.Sscan(words[i], &c.StandsOut)
		default:
			_, err = fmt.Sscanf(w, "%fx%f", &c.Box.Width, &c.Box.Height)
		}
		if err != nil {
			return c, fmt.Errorf("control %q: %q; expected link, out, WIDTHxHEIGHT, contrast N or stands N", line, words[i])
		}
	}
	return c, nil
}
