package browser

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
)

// A visit that leaves waits for the frames of other sites to be empty: each of
// them must wake it, or it would wait for its limit.
func TestLeftFrameWakes(t *testing.T) {
	r := newRecord(time.Now, "main")
	o := &observed{info: target.Info{Type: "iframe", TargetID: "frame"}, session: &session{id: "s"}}
	r.addChild(o)
	r.navigated(o, &cdp.Frame{ID: "frame", URL: "https://ads.test/"})
	r.leaveFrame("frame")
	if n := r.look().frames; n != 1 {
		t.Fatalf("%d frames to leave, want 1", n)
	}
	<-r.changed
	r.navigated(o, &cdp.Frame{ID: "frame", URL: "about:blank"})
	if n := r.look().frames; n != 0 {
		t.Errorf("%d frames to leave, want none", n)
	}
	select {
	case <-r.changed:
	default:
		t.Error("a frame that was left wakes nobody")
	}
}
