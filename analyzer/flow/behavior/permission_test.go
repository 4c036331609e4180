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
		{"none", asks(), nil},
	})
}
