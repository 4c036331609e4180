package reports

// Score is one number for those who ask for one, with all that it comes of. It
// says how much of what the rules asked in this scan agreed, and never more than
// how much could be tested. It is no part of scan.json.
type Score struct {
	Value  int  `json:"value" doc:"0 to 100: the lower of share and cap, rounded down; -1 when nothing was tested."`
	Share  int  `json:"share" doc:"Per cent of the weight: rules that match count whole, rules that need a person half, rules that differ nothing."`
	Got    int  `json:"got" doc:"Twice the weight that counts, so that halves are whole."`
	Of     int  `json:"of" doc:"Twice the weight of the rules that were tested."`
	Cap    int  `json:"cap" doc:"Per cent: the parts of coverage multiplied."`
	Pages  Part `json:"pages" doc:"Addresses that loaded, of those that were tried."`
	States Part `json:"states" doc:"Consent states that were tested, of those that were asked for."`
	Visits Part `json:"visits" doc:"Visits, of visits and gaps together."`
	Rules  Part `json:"rules" doc:"Rules that were tested, of those that apply."`
	Whole  bool `json:"whole" doc:"The scan was not interrupted; half the cap if it was."`
}

// Part is a share as two figures.
type Part struct {
	Got int `json:"got"`
	Of  int `json:"of"`
}

// ScoreWeights are what a rule counts by its severity.
var ScoreWeights = map[string]int{"critical": 8, "high": 4, "medium": 2, "low": 1, "info": 0}

// AskForScore has renderers that can show a score show it.
func (rep *Report) AskForScore() { rep.scored = true }

// Score is the report's score, when it was asked for.
func (rep *Report) Score() (s Score, asked bool) {
	if !rep.scored {
		return Score{}, false
	}
	return score(rep), true
}

func score(rep *Report) Score {
	c := rep.Coverage
	s := Score{
		Pages: Part{c.PagesVisited, c.PagesVisited + c.PagesFailed}, States: Part{len(c.States), len(c.States)},
		Visits: Part{c.Visits, c.Visits + len(c.Gaps)}, Whole: c.Complete,
	}
	if len(rep.Choices) > 0 {
		s.States = Part{rep.Summary.StatesTested, len(rep.Choices)}
	}
	open, any := map[string]bool{}, map[string]bool{}
	for _, f := range rep.Findings {
		any[f.Rule] = true
		open[f.Rule] = open[f.Rule] || rep.Open(f)
	}
	for _, r := range rep.Rules {
		weight := ScoreWeights[r.Severity]
		switch r.Outcome {
		case "not-tested":
			s.Rules.Of++
			continue
		case "matches":
			s.Got += 2 * weight
		case "needs-person":
			if any[r.ID] && !open[r.ID] { // all that it found is set aside
				continue
			}
			s.Got += weight
		case "differs":
			if any[r.ID] && !open[r.ID] {
				continue
			}
		default:
			continue
		}
		s.Rules.Got++
		s.Rules.Of++
		s.Of += 2 * weight
	}
	capped := 1.0
	for _, p := range []Part{s.Pages, s.States, s.Visits, s.Rules} {
		if p.Of > 0 {
			capped *= float64(p.Got) / float64(p.Of)
		}
	}
	if !s.Whole {
		capped /= 2
	}
	s.Cap = int(100*capped + 1e-9)
	if s.Of == 0 || c.PagesVisited == 0 {
		s.Value = -1
		return s
	}
	s.Share = 100 * s.Got / s.Of
	s.Value = min(s.Share, s.Cap)
	return s
}
