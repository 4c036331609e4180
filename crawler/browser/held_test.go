package browser

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

const heldSite = `
-- www.held.test/index.html --
<!DOCTYPE html><title>Held</title><link rel="icon" href="data:,">
<style>body { margin: 0; height: 3000px } #one { position: fixed; left: 100px; top: 50px; width: 200px; height: 40px }
iframe { position: fixed; left: 40px; top: 300px; width: 300px; height: 200px; border: 0 } closed-one { position: fixed; left: 500px; top: 50px }</style>
<button id=one onclick="if (event.isTrusted) document.cookie = 'one=yes; path=/'">One</button>
<closed-one></closed-one>
<script>
customElements.define('closed-one', class extends HTMLElement {
  constructor() { super(); this.attachShadow({ mode: 'closed' }).innerHTML = '<button id=deep>Deep</button>';
    }
});
window.answer = () => 42;
window.stuck = () => { for (;;); };
</script>
<iframe src="https://frame.other.test/"></iframe>
-- www.held.test/next.html --
<!DOCTYPE html><title>Next</title><link rel="icon" href="data:,"><p>Next</p><script>setTimeout(() => fetch('/ahead'), 60000)</script>
-- frame.other.test/index.html --
<!DOCTYPE html><body style="margin: 0"><button style="position: absolute; left: 20px; top: 20px; width: 100px; height: 30px" onclick="fetch('/clicked?' + event.isTrusted)">In</button>
`

// TestHeld works on a held page: reads it and its frames, closed shadow roots
// included, asks its scripts, clicks, takes pictures and goes on.
func TestHeld(t *testing.T) {
	b, _ := start(t, webtest.MustText(heldSite))
	v := visitor(t, b)
	var seen struct {
		title, deep, answer, cookie string
		stuck                       error
		width, height               int
		next                        string
	}
	res, err := v.Hold(t.Context(), Visit{ID: "k0001.none", URL: "https://www.held.test/", Budget: 30 * time.Second}, func(ctx context.Context, h *Held) error {
		frames := h.Frames()
		if len(frames) != 2 || !strings.Contains(frames[1].URL, "frame.other.test") {
			return errors.New("expected the page and a frame")
		}
		main, inner := frames[0].ID, frames[1].ID
		n, err := h.Pierce(ctx, main)
		if err != nil || n != 1 {
			t.Errorf("pierced %d closed shadow roots, %v", n, err)
		}
		_ = h.Evaluate(ctx, main, `document.title`, &seen.title)
		_ = h.Evaluate(ctx, main, `candorClosedRoots[0].getElementById('deep').textContent`, &seen.deep)
		_ = h.EvaluateInPage(ctx, main, `String(answer())`, &seen.answer)
		var never int
		seen.stuck = h.EvaluateInPage(ctx, main, `stuck()`, &never)
		if err := h.Click(ctx, main, 200, 70); err != nil {
			return err
		}
		if err := h.Click(ctx, inner, 70, 35); err != nil {
			return err
		}
		h.Settle(ctx)
		cookies, err := h.Cookies(ctx)
		for _, k := range cookies {
			seen.cookie += k.Name + "=" + k.Value
		}
		if err != nil {
			return err
		}
		picture, err := h.Picture(ctx, inner, &evidence.Box{X: 20, Y: 20, Width: 100, Height: 30})
		if err != nil {
			return err
		}
		if size, err := jpeg.DecodeConfig(bytes.NewReader(picture)); err == nil {
			seen.width, seen.height = size.Width, size.Height
		}
		if err := h.Goto(ctx, "/next.html"); err != nil {
			return err
		}
		seen.next = h.URL()
		return h.Evaluate(ctx, inner, `1`, &never)
	})
	if !errors.Is(err, ErrFrameGone) {
		t.Errorf("a frame of the page before: %v, expected %v", err, ErrFrameGone)
	}
	if seen.title != "Held" || seen.deep != "Deep" || seen.answer != "42" || seen.cookie != "one=yes" {
		t.Errorf("read %+v", seen)
	}
	if seen.stuck == nil {
		t.Error("a script that never ends answered")
	}
	if seen.width != 100 || seen.height != 30 {
		t.Errorf("the picture has %d × %d px", seen.width, seen.height)
	}
	if seen.next != "https://www.held.test/next.html" {
		t.Errorf("went on to %q", seen.next)
	}
	clicked := ""
	for _, r := range res.Requests {
		if strings.Contains(r.URL, "/clicked") {
			clicked = r.URL
		}
		if strings.HasSuffix(r.URL, "/ahead") {
			t.Error("a timer was run ahead while the page was left")
		}
	}
	if clicked != "https://frame.other.test/clicked?true" {
		t.Errorf("the click in the frame sent %q", clicked)
	}
	if res.Page.Kind != "choice" || res.Page.Failure != "" || len(res.Cookies) != 1 {
		t.Errorf("recorded %+v with %d cookies", res.Page, len(res.Cookies))
	}
}
