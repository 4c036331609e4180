package behavior

import (
	"slices"
	"strings"

	"candor/analyzer/flow"
)

// keystrokes finds scripts that follow what is typed: they listen to keys or
// input of the whole page or of its fields, read the values of fields, and send
// bodies to another party. Which script read a field is what Senol, Acar,
// Humbert and Borgesius, "Leaky Forms" (USENIX Security 2022), log; that what was
// typed itself left is form_leak_before_submit, found by its canaries.
//
// Misses: keys that are told by their events alone, when no field is read;
// scripts that send through another script or to a server of the site's own.
// Sending bodies does not prove that the keys were in them: indirect.
type keystrokes struct{ actors *actors }

func (d *keystrokes) end(s *scan) {
	for _, x := range d.actors.all {
		reads := fields(x)
		if len(reads) == 0 {
			continue
		}
		listens := x.listens(typing, false)
		if len(listens) == 0 {
			continue
		}
		_, id, vendors := x.uploads()
		for _, vendor := range vendors {
			s.saw(sighting{
				kind: KeystrokeCapture, vendor: vendor, script: x.script, page: x.page, state: x.state, evidence: id, confidence: flow.Indirect,
				detail: "a script listened to " + list(listens) + ", read fields and sent bodies", with: reads,
			})
		}
	}
}

// fields are those that the script read, by name; not buttons and hidden ones.
func fields(x *actor) []string {
	var out []string
	for _, api := range []string{"InputElement.value", "TextAreaElement.value"} {
		for v := range x.has(api).values {
			kind, name, _ := strings.Cut(v, " ")
			switch strings.ToLower(kind) {
			case "hidden", "button", "submit", "image", "reset", "checkbox", "radio", "range", "color", "file":
				continue
			}
			if name == "" {
				name = "without a name"
			}
			out = append(out, "the field "+strings.ToValidUTF8(name[:min(len(name), 60)], ""))
		}
	}
	out = compact(out)
	return out[:min(len(out), 10)]
}

func compact(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
