package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"candor/analyzer"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/crawler/secondreader"
	"candor/reports"
	"candor/reports/plain"
)

// secondReaderKey is the variable that holds the key of the endpoint. There is
// no flag and no entry of candor.yaml for it, so that it stands in no list of
// processes and in no file of ours.
const secondReaderKey = envPrefix + "SECOND_READER_KEY"

const secondReaderHelp = `--second-reader URL asks a language model behind an OpenAI-compatible endpoint,
on this machine or elsewhere, about single sentences that the rules leave open:
those behind flows that are ambiguous or vague and findings that need a person.
The sentence, its headings and the question leave this machine, nothing else.
The answer stands beside the sentence and never changes a verdict. It is kept in
the evidence. A key is read from ` + secondReaderKey + ` only.`

// secondReader is who is asked, and within which bounds.
type secondReader struct {
	endpoint string
	model    string
	calls    int
	timeout  time.Duration
}

func (o *options) secondReaderFlags(fs *pflag.FlagSet) {
	s := &o.second
	fs.StringVar(&s.endpoint, "second-reader", "", "ask a language model at `URL` (OpenAI-compatible, such as http://127.0.0.1:11434/v1) about sentences that are open; it gets each sentence, and no verdict rests on it")
	fs.StringVar(&s.model, "second-reader-model", "", "`NAME` of the model to ask")
	s.calls = 20
	fs.Var(newOne(&s.calls, parseNumber(1, secondreader.MaxCalls)), "second-reader-calls", "most `NUMBER` of questions to ask")
	s.timeout = 30 * time.Second
	fs.Var(newOne(&s.timeout, parseDuration(time.Second, 10*time.Minute)), "second-reader-timeout", "longest `TIME` for one answer")
}

// asks says whom to ask; false without --second-reader.
func (c *Command) asks(o *options) (secondreader.Options, bool, error) {
	s := o.second
	so := secondreader.Options{Endpoint: s.endpoint, Model: s.model, Key: c.environ()[secondReaderKey], Timeout: s.timeout, Calls: s.calls, Now: c.Now}
	if s.endpoint == "" {
		if s.model != "" {
			return so, false, usage("--second-reader-model names a model, and --second-reader no endpoint to ask it at")
		}
		return so, false, nil
	}
	if err := secondreader.Check(so); err != nil {
		return so, false, usage("--second-reader: %w", err)
	}
	return so, true, nil
}

// secondOpinions asks what an analysis leaves open and adds the answers to the
// bundle. Questions that this model answered already are not asked again. It
// reports whether the bundle changed.
func (c *Command) secondOpinions(ctx context.Context, o *options, bundle string, a *analyzer.Analysis) (bool, error) {
	so, ask, err := c.asks(o)
	if err != nil || !ask {
		return false, err
	}
	answered := map[string]bool{}
	for _, all := range a.Opinions {
		for _, x := range all {
			answered[x.About] = answered[x.About] || x.Model == so.Model
		}
	}
	var open []secondreader.Question
	for _, q := range a.Questions {
		if !answered[q.ID] {
			open = append(open, secondreader.Question{ID: q.ID, Text: q.Text, Heading: q.Heading, Sentence: q.Sentence})
		}
	}
	got, err := secondreader.Ask(ctx, open, so)
	if err != nil || len(got) == 0 {
		return false, err
	}
	if err := evidence.AddOpinions(bundle, got); err != nil {
		return false, err
	}
	return true, nil
}

// opinionsOn asks whether the passages of an answer answer it. It returns what
// was said of each passage that was asked about, by its place.
func (c *Command) opinionsOn(ctx context.Context, so secondreader.Options, a policy.Answer) (map[int]evidence.Opinion, error) {
	var open []secondreader.Question
	for i, p := range a.Passages {
		text := fmt.Sprintf("Does the sentence answer the question %q?", a.Question)
		if p.Says != "" {
			text = fmt.Sprintf("Does the sentence answer the question %q with this: %s?", a.Question, p.Says)
		}
		open = append(open, secondreader.Question{ID: fmt.Sprint(i), Text: text, Sentence: p.Quote})
	}
	got, err := secondreader.Ask(ctx, open, so)
	if err != nil {
		return nil, err
	}
	out := map[int]evidence.Opinion{}
	for i, x := range got {
		out[i] = x
	}
	return out, nil
}

// answeredTwice is an answer with what a second reader said of its passages.
type answeredTwice struct {
	policy.Answer
	Opinions []passageOpinion `json:"second_opinions"`
}

type passageOpinion struct {
	Passage int `json:"passage"` // its place in passages, from 0
	reports.SecondOpinion
	Failure string `json:"failure"` // why there is no answer
}

func withOpinions(a policy.Answer, heard map[int]evidence.Opinion) answeredTwice {
	out := answeredTwice{Answer: a, Opinions: []passageOpinion{}}
	for i := range a.Passages {
		if o, ok := heard[i]; ok {
			out.Opinions = append(out.Opinions, passageOpinion{i, reports.SecondOpinion{
				Model: o.Model, Question: o.Question, Says: o.Says, Text: o.Text, AskedAt: o.AskedAt.Format(time.RFC3339),
			}, o.Failure})
		}
	}
	return out
}

// opinion prints what a second reader said of a passage.
func (p *printer) opinion(o evidence.Opinion) {
	said := o.Says
	if o.Text != "" {
		said += ". " + o.Text
	}
	if o.Failure != "" {
		said = "not tested: " + o.Failure
	}
	p.line("      second opinion of %s: %s", plain.Terminal(o.Model, 100), plain.Terminal(said, 500))
}
