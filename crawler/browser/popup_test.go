package browser

import (
	"fmt"
	"strings"
	"testing"

	"candor/crawler/webtest"
)

// TestFramesBesidePopups: a page that opens windows while frames of other sites
// come in is read whole; what those frames do later is seen as well.
func TestFramesBesidePopups(t *testing.T) {
	t.Parallel()
	const frames = 8
	var script strings.Builder
	for i := range frames {
		fmt.Fprintf(&script, "{const f=document.createElement('iframe');f.src='https://frame%d.test/';document.body.append(f)}\n", i)
		if i%3 == 2 {
			fmt.Fprintf(&script, "open('https://popup.test/%d');\n", i)
		}
	}
	var sites strings.Builder
	for i := range frames {
		fmt.Fprintf(&sites, "-- frame%d.test/index.html --\n<!doctype html><title>Frame</title><script>setTimeout(()=>fetch('/late'),2000)</script>\n-- frame%[1]d.test/late --\nok\n", i)
	}
	b, _ := start(t, webtest.MustText(sites.String()+`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Opens windows</title><body><script>
`+script.String()+`</script>
-- popup.test/_any --
<!doctype html><link rel="icon" href="data:,"><title>Popup</title><script>fetch('/asked')</script>
-- popup.test/_any.headers --
Content-Type: text/html
`))
	v := visitor(t, b)
	for range 6 { // whether a frame comes at the wrong moment is chance
		res := see(t, v, Visit{URL: "https://www.site.test/"})
		if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
			t.Errorf("the visit ended %q, gaps %v", res.Page.Ended, res.Gaps)
		}
		for i := range frames {
			if find(res.Requests, fmt.Sprintf("https://frame%d.test/late", i)) == nil {
				t.Errorf("what frame %d sends later was not seen", i)
			}
		}
	}
}
