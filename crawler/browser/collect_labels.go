package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

//go:embed js/labels.js
var labelsJS string

// labelsTime is how long one frame's page may keep labels.js from answering,
// labelsLimit how long all of them.
const (
	labelsTime  = time.Second
	labelsLimit = 6 * time.Second
	// maxStops is how often the reading of one frame is begun or goes on.
	maxStops = 4
)

// maxLabels bounds the labels of one visit.
const maxLabels = 1000

// labelsName is the name of the function of labels.js in a page's world.
func (c *Context) labelsName() string { return c.secret + "_l" }

func (c *Context) labelsScript() string { return fmt.Sprintf(labelsJS, c.labelsName()) }

// told is what labels.js returns of one frame.
type told struct {
	Labels [][4]any
	Gaps   []string
}

// labels reads the objects in which the frames of a page keep what they tell
// their tags: the frames of one process one after the other, because one that
// hangs is stopped.
func (w *window) labels(ctx context.Context, frames []frame) (labels []evidence.Label, gaps []string) {
	ctx, cancel := context.WithTimeout(ctx, labelsLimit)
	defer cancel()
	answers := make([]told, len(frames))
	byTarget := map[*observed][]int{}
	for i, f := range frames {
		if f.page != 0 { // else no script of the page runs there
			byTarget[f.owner] = append(byTarget[f.owner], i)
		}
	}
	var wg sync.WaitGroup
	for _, list := range byTarget {
		wg.Go(func() {
			for _, i := range list {
				answers[i] = w.labelsOf(ctx, frames[i])
			}
		})
	}
	wg.Wait()
	for i, a := range answers {
		where := ""
		if i > 0 {
			where = bounded(frames[i].url, maxURL)
		}
		for _, l := range a.Labels {
			if len(labels) == maxLabels {
				return labels, append(gaps, "there were more entries than one visit keeps")
			}
			label := evidence.Label{Frame: where}
			label.Source, _ = l[0].(string)
			label.Key, _ = l[1].(string)
			label.Value, _ = l[2].(string)
			label.Cut, _ = l[3].(bool)
			labels = append(labels, label)
		}
		for _, g := range a.Gaps {
			if where != "" {
				g += " (in the frame " + bounded(where, 200) + ")"
			}
			gaps = append(gaps, g)
		}
	}
	return labels, gaps
}

// labelsOf asks one frame, and again where an object of the page made it hang.
func (w *window) labelsOf(ctx context.Context, f frame) told {
	for stops := range maxStops {
		text, err := f.inPage(ctx, fmt.Sprintf("%s(%t)", w.context.labelsName(), stops > 0), labelsTime)
		if errors.Is(err, errDetached) {
			return told{} // the frame went away
		}
		var a told
		if err == nil && json.Unmarshal([]byte(text), &a) == nil {
			return a
		}
	}
	return told{Gaps: []string{"the page kept its objects from being read"}}
}

// tellLabels files what was read of a page's objects.
func (w *window) tellLabels(q Visit, labels []evidence.Label, gaps []string, res *Result) {
	for i := range labels {
		labels[i].Page, labels[i].State = q.ID, w.context.state
	}
	res.Labels = labels
	for _, g := range gaps {
		res.Gaps = append(res.Gaps, evidence.Gap{What: "labels of " + q.URL, Why: g, Kind: "bound", Page: q.ID, State: w.context.state})
	}
}

// inPage calls what a new-document script left in a frame's own world and
// returns the text that it gives.
func (f *frame) inPage(ctx context.Context, expression string, limit time.Duration) (string, error) {
	res, err := f.evaluateInPage(ctx, expression, limit)
	if err != nil {
		return "", err
	}
	var text string
	if err := json.Unmarshal(res.Value, &text); err != nil {
		return "", fmt.Errorf("read the page's objects: %w", err)
	}
	return text, nil
}

// evaluateInPage runs an expression in a frame's own world and waits for its
// promise. What the page runs in it for longer than limit is stopped: from
// outside, because the browser's own time limits stand still with the page's
// clock.
func (f *frame) evaluateInPage(ctx context.Context, expression string, limit time.Duration) (*runtime.RemoteObject, error) {
	s := f.owner.session
	stop := time.AfterFunc(limit, func() { send(s, runtime.TerminateExecution, cdp.Empty{}) })
	defer stop.Stop()
	return value(invoke(ctx, s, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ContextID: f.page, ReturnByValue: new(true), AwaitPromise: new(true), Silent: new(true),
	}))
}
