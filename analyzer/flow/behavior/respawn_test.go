package behavior_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
)

func TestRespawn(t *testing.T) {
	const (
		id     = "k3f9a20c7be14d6f"
		script = "https://js.pixel.test/tag.js"
		shop   = "https://www.shop.test"
	)
	again := func(name, value string) *scene {
		s := one().cookie("shop.test", name, value, script).page("p0003.none").cookie("shop.test", name, value, script)
		s.cookies[1].Revived = true
		return s
	}
	derived := func(second string) *scene {
		return one().cookie("shop.test", "_pix", id, script).page("p0001.accept").cookie("shop.test", "_pix", second, script)
	}
	run(t, []row{
		{"with nothing else that keeps it", again("_pix", id), []string{"evercookie_respawn pixel strong: the cookie _pix came back with the same value after it had been deleted"}},
		{"out of local storage", again("_pix", "v1."+id).store("local", shop, "pixcopy", id, script),
			[]string{"evercookie_respawn pixel direct: the cookie _pix came back with the same value after it had been deleted; the value is also kept in local storage under pixcopy"}},
		{"a setting that comes back", again("_theme", "dark-mode"), nil},
		{"two copies and no deletion", one().cookie("shop.test", "_pix", id, script).store("local", shop, "pixcopy", id, script), nil},
		{"the same in two states, by a script that fingerprints nothing", derived(id), nil},
	})
	for _, tt := range []struct {
		name, second string
		want         int
	}{{"the same in two states", id, 1}, {"another in each state", "f08c11d2ab93e770", 0}} {
		s := derived(tt.second)
		got := slices.DeleteFunc(s.findWith(t, behavior.NewWith(script)), func(b behavior.Behavior) bool { return b.Kind != behavior.EvercookieRespawn })
		if len(got) != tt.want {
			t.Errorf("%s: found %q", tt.name, lines(got))
		}
		for _, b := range got {
			if diff := cmp.Diff([]evidence.State{"none", "accept"}, b.States); diff != "" || !strings.Contains(b.Detail, "the cookie _pix") || b.Script != script {
				t.Errorf("%s: %+v", tt.name, b)
			}
		}
	}
}
