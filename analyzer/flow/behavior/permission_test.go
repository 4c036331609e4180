package behavior_test

import (
	"testing"

	"candor/crawler/evidence"
)

func TestPermissions(t *testing.T) {
	asks := func(what ...string) *scene {
		return (&scene{}).page("p0001.none", func(p *evidence.Page) { p.Permissions = what })
	}
	run(t, []row{
		{"the location", asks("geolocation"), []string{"geolocation_request  direct: the page asked for the visitor's location"}},
		{"others", asks("notifications", "camera or microphone"), []string{
			"permission_request  direct: the page asked for the permission camera or microphone",
			"permission_request  direct: the page asked for the permission notifications",
		}},
		{"by a vendor's script", (&scene{}).page("p0001.none", func(p *evidence.Page) {
			p.Permissions = []string{"geolocation"}
			p.Asked = []evidence.Ask{{Permission: "geolocation", Frame: home, Stack: []evidence.StackFrame{{URL: "https://js.pixel.test/tag.js"}}}}
		}), []string{"geolocation_request pixel direct: the page asked for the visitor's location"}},
		{"by a script in the page", (&scene{}).page("p0001.none", func(p *evidence.Page) {
			p.Permissions = []string{"geolocation"}
			p.Asked = []evidence.Ask{{Permission: "geolocation", Frame: p.URL}}
		}), []string{"geolocation_request shop.test direct: the page asked for the visitor's location, by a script in the page"}},
		{"none", asks(), nil},
	})
}
