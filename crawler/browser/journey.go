package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"

	"candor/crawler/evidence"
)

//go:embed js/steps.js
var stepsJS string

// journeyLimit bounds a journey.
const journeyLimit = 10 * time.Minute

// Step is one step of a journey.
type Step struct {
	Line   int    // of its file
	Do     string // as evidence.Step has it
	Target string // CSS selector, or "text=" with words; an address, a key, "top" or "bottom"
	Value  string // to type or to select
	Shown  string // what is told instead of Value, when that is a secret
}

// Keys that a journey may press.
var keys = map[string]input.DispatchKeyEventParams{
	"Enter":      {Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Text: "\r"},
	"Tab":        {Key: "Tab", Code: "Tab", WindowsVirtualKeyCode: 9},
	"Escape":     {Key: "Escape", Code: "Escape", WindowsVirtualKeyCode: 27},
	"Space":      {Key: " ", Code: "Space", WindowsVirtualKeyCode: 32, Text: " "},
	"Backspace":  {Key: "Backspace", Code: "Backspace", WindowsVirtualKeyCode: 8},
	"ArrowDown":  {Key: "ArrowDown", Code: "ArrowDown", WindowsVirtualKeyCode: 40},
	"ArrowUp":    {Key: "ArrowUp", Code: "ArrowUp", WindowsVirtualKeyCode: 38},
	"ArrowLeft":  {Key: "ArrowLeft", Code: "ArrowLeft", WindowsVirtualKeyCode: 37},
	"ArrowRight": {Key: "ArrowRight", Code: "ArrowRight", WindowsVirtualKeyCode: 39},
}

// Keys are the names of the keys that a journey may press.
func Keys() []string {
	var out []string
	for name := range keys {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// StepShot is the picture that a step asked for.
type StepShot struct {
	Step int // index
	JPEG []byte
}

// Journey takes steps one after the other in one window, and returns what was
// seen as one visit. It ends at the first step that cannot be taken, which is a
// gap; limit is what each may take, with all that it loads. The visitor's cookies
// and storage stay for the visits that follow.
func (v *Visitor) Journey(ctx context.Context, id string, steps []Step, limit time.Duration) (*Result, []StepShot, error) {
	w, err := v.take()
	if err != nil {
		return nil, nil, err
	}
	defer v.release(w)
	w.stepTime = limit
	res, shots := w.journey(ctx, id, steps)
	if err := w.context.browser.Lost(); err != nil {
		return res, shots, err
	}
	return res, shots, ctx.Err()
}

func (w *window) journey(ctx context.Context, id string, steps []Step) (*Result, []StepShot) {
	whole, cancel := context.WithTimeout(ctx, journeyLimit)
	defer cancel()
	now := w.context.browser.options.Now
	q := Visit{ID: id, URL: steps[0].Target}
	res := &Result{Page: evidence.Page{ID: id, URL: q.URL, Kind: "journey", State: w.context.state, StartedAt: now().UTC(), Ended: "quiet"}}
	w.record.begin()
	w.focusable()
	var shots []StepShot
	failure, document := "", 0
	for i, s := range steps {
		told := evidence.Step{Line: s.Line, Do: s.Do, Target: s.Target, Value: s.Value, OffsetMS: w.record.since()}
		if s.Shown != "" {
			told.Value = s.Shown
		}
		w.record.again()
		err := w.step(whole, s)
		told.URL = bounded(w.record.mainURL(), maxURL)
		if s.Do == "screenshot" {
			var picture []byte
			if picture, err = w.screenshot(whole); err == nil {
				shots = append(shots, StepShot{i, picture})
			}
		}
		if err != nil {
			told.Failure = err.Error()
		}
		res.Page.Steps = append(res.Page.Steps, told)
		if seen := w.record.mainDocuments(); seen != document || err != nil || i+1 == len(steps) {
			document = seen
			w.stepContents(whole, q, res)
		}
		if err != nil {
			if i == 0 {
				failure = w.record.look().failed
			}
			res.Gaps = append(res.Gaps, evidence.Gap{
				What: fmt.Sprintf("step %d of the journey, line %d: %s", i+1, s.Line, s.describe()), Kind: "other", Page: id, State: w.context.state,
				Why: err.Error() + rest(len(steps)-i-1),
			})
			break
		}
	}
	w.leave(ctx)
	w.conclude(ctx, q, failure, res)
	for i := range res.Requests {
		for n, s := range res.Page.Steps {
			if res.Requests[i].OffsetMS >= s.OffsetMS {
				res.Requests[i].Step = n + 1
			}
		}
	}
	res.Page.DurationMS = now().Sub(res.Page.StartedAt).Milliseconds()
	return res, shots
}

func rest(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; the step after it was not taken"
	}
	return fmt.Sprintf("; the %d steps after it were not taken", n)
}

// describe writes a step as a person would, without a secret.
func (s Step) describe() string {
	value := firstOf(s.Shown, s.Value)
	switch {
	case value != "":
		return fmt.Sprintf("%s %q with %q", s.Do, s.Target, value)
	case s.Target != "":
		return fmt.Sprintf("%s %q", s.Do, s.Target)
	}
	return s.Do
}

// stepContents reads what the page shows after a step that led to another one.
func (w *window) stepContents(ctx context.Context, q Visit, res *Result) {
	s := w.read(ctx, wants{Links: true})
	if s.main == nil {
		return
	}
	forms, canaries, labels, storage := res.Forms, res.Canaries, res.Labels, res.Storage
	s.labels, s.labelGaps = w.labels(ctx, w.record.present())
	w.tell(ctx, q, s, res)
	for i := range res.Forms {
		res.Forms[i].ID = fmt.Sprintf("%s/f%02d", q.ID, len(forms)+i+1)
	}
	res.Forms, res.Canaries = append(forms, res.Forms...), canaries
	res.Labels, res.Storage = append(labels, res.Labels...), append(storage, res.Storage...)
}

// step takes one step and waits until the page is quiet again.
func (w *window) step(ctx context.Context, s Step) error {
	ctx, cancel := context.WithTimeout(ctx, w.stepTime)
	defer cancel()
	deadline := time.Now().Add(w.stepTime)
	var err error
	switch s.Do {
	case "goto":
		err = w.goTo(ctx, s.Target)
	case "press":
		key := keys[s.Target]
		if key.Type = input.DispatchKeyEventTypeRawKeyDown; key.Text != "" {
			key.Type = input.DispatchKeyEventTypeKeyDown
		}
		err = w.pressKey(ctx, key)
	case "screenshot":
		return nil
	case "wait_for":
		if part, ok := strings.CutPrefix(s.Target, "url="); ok {
			if !w.until(ctx, func(state) bool { return strings.Contains(w.record.mainURL(), part) }) {
				return fmt.Errorf("expected within %s an address with %q; the page is %s", w.stepTime, part, w.record.mainURL())
			}
			break
		}
		_, _, err = w.find(ctx, s)
	default:
		err = w.act(ctx, s)
	}
	if err != nil {
		return err
	}
	w.record.touch()
	w.wait(ctx, deadline, quietTime, true)
	return nil
}

func (w *window) goTo(ctx context.Context, address string) error {
	if base, err := url.Parse(w.record.mainURL()); err == nil && base.Host != "" {
		if to, err := base.Parse(address); err == nil {
			address = to.String()
		}
	}
	res, err := invoke(ctx, w.main.session, page.Navigate, page.NavigateParams{URL: address})
	switch {
	case err != nil:
		return fmt.Errorf("expected a page at %s: %w", address, err)
	case res.ErrorText != "":
		_, why := explain(res.ErrorText)
		return fmt.Errorf("expected a page at %s: %s", address, why)
	}
	w.record.notFailed()
	return nil
}

// found is what steps.js says of a target.
type found struct {
	Found  bool
	Wrong  string
	Number int
	X, Y   float64
	Title  string
	There  []string
}

// act does something to the target of a step.
func (w *window) act(ctx context.Context, s Step) error {
	at, f, err := w.find(ctx, s)
	if err != nil {
		return err
	}
	switch s.Do {
	case "click":
		return f.click(ctx, at.X, at.Y)
	case "fill":
		if err := w.typeText(ctx, s.Value); err != nil {
			return fmt.Errorf("the page did not take what was typed: %w", err)
		}
	}
	return nil
}

// find waits for the target of a step in any frame, and does what the page's own
// side does of it.
func (w *window) find(ctx context.Context, s Step) (*found, *frame, error) {
	arg, _ := json.Marshal(map[string]any{"do": s.Do, "target": s.Target, "value": s.Value, "anywhere": s.Do == "wait_for" || s.Do == "scroll", "hidden": s.Do == "submit"})
	for {
		wrong := ""
		for _, f := range w.record.present() {
			at, err := f.step(ctx, string(arg))
			switch {
			case err != nil: // its document goes away
			case at.Wrong != "":
				wrong = at.Wrong
			case at.Found:
				return at, &f, nil
			}
		}
		if wrong != "" {
			return nil, nil, fmt.Errorf("%q: %s", s.Target, wrong)
		}
		// The page tells when its tree changes; styles that show something do not.
		again := time.NewTimer(200 * time.Millisecond)
		select {
		case <-w.record.changed:
		case <-again.C:
		case <-w.main.session.gone:
			return nil, nil, errDetached
		case <-ctx.Done():
			return nil, nil, w.notFound(s)
		}
		again.Stop()
	}
}

func (f *frame) step(ctx context.Context, arg string) (*found, error) {
	res, err := f.evaluate(ctx, fmt.Sprintf(strings.TrimSpace(stepsJS), arg))
	if err != nil {
		return nil, err
	}
	var at found
	if err := json.Unmarshal(res.Value, &at); err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	return &at, nil
}

// notFound says what was expected and what is there.
func (w *window) notFound(s Step) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	text := fmt.Sprintf("expected within %s something visible that is %q", w.stepTime, s.Target)
	if frames := w.record.present(); len(frames) > 0 {
		if at, err := frames[0].step(ctx, `{"do":"there"}`); err == nil {
			return fmt.Errorf("%s; on the page %q (%s) there are: %s", text, at.Title, w.record.mainURL(), firstOf(strings.Join(at.There, ", "), "no controls"))
		}
	}
	return fmt.Errorf("%s; the page %s does not answer", text, w.record.mainURL())
}

// again lets a journey see as many documents as one visit, at each step.
func (r *record) again() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed += r.documents
	r.documents = 0
	if r.passed > 0 {
		r.passed--
		r.documents = 1 // there is a page
	}
}

// mainDocuments counts those of the whole journey.
func (r *record) mainDocuments() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passed + r.documents
}

// notFailed forgets that an earlier navigation failed.
func (r *record) notFailed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = ""
}
