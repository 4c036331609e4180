package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"candor/analyzer"
	"candor/analyzer/policy"
	"candor/crawler/recording"
	"candor/reports"
	"candor/reports/html"
	"candor/rules"
)

// A recording with an analytics request that the notice covers by a broad term
// only.
const vagueHAR = `{"log":{"version":"1.2","creator":{"name":"t","version":"1"},"entries":[
{"startedDateTime":"2026-11-24T08:15:00Z","request":{"method":"GET","url":"https://www.example.com/","headers":[],"cookies":[]},"response":{"status":200,"content":{"mimeType":"text/html"}}},
{"startedDateTime":"2026-11-24T08:15:01Z","request":{"method":"POST","url":"https://www.google-analytics.com/g/collect?v=2&cid=842736519.1761998400&en=page_view","headers":[{"name":"Referer","value":"https://www.example.com/"}],"cookies":[]},"response":{"status":204,"content":{"mimeType":"text/plain"}}}]}}`

const vagueNotice = `<!doctype html><html lang="en"><title>Privacy policy</title><main><h1>Privacy policy</h1>
<p>This policy tells visitors of the lamp shop what becomes of what they leave with us, and it is short so that all of them can read it.</p>
<h2>Sharing</h2><p>We share your personal information with third parties.</p>
<p>We keep your email address for 30 days.</p></main></html>`

// askable is a session with the real stages and an endpoint that answers.
func askable(t *testing.T, content string) (s *session, endpoint *httptest.Server, calls *atomic.Int32, sent *[]string) {
	s = newSession(t)
	s.Stages.Import, s.Stages.Rules, s.Stages.Analyze = recording.Read, rules.Default, analyzer.Analyze
	s.Stages.ReadPolicy, s.Stages.Renderers = policy.Read, func(rendering) []reports.Renderer { return []reports.Renderer{html.Format()} }
	calls, sent = &atomic.Int32{}, &[]string{}
	endpoint = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		var body struct {
			Messages []struct{ Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		*sent = append(*sent, r.Header.Get("Authorization")+" "+body.Messages[1].Content)
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": content}}}})
	}))
	t.Cleanup(endpoint.Close)
	write(t, "vague.har", vagueHAR)
	write(t, "policy.html", vagueNotice)
	return s, endpoint, calls, sent
}

const yesWithMarkup = `{"answer":"yes","why":"<script>alert(1)</script> It says third parties."}`

// TestSecondOpinionsAreKeptInTheBundle: a run without the endpoint gives the
// same bytes as the one that asked, the verdicts are those of a run that never
// asked, and neither key nor markup gets through.
func TestSecondOpinionsAreKeptInTheBundle(t *testing.T) {
	s, endpoint, calls, sent := askable(t, yesWithMarkup)
	s.Environ = []string{secondReaderKey + "=k-7f3a-secret"}
	flags := []string{"--second-reader", endpoint.URL + "/v1", "--second-reader-model", "tiny-1b", "--format", "json,html"}
	if code := s.run(append([]string{"import", "vague.har", "--policy", "policy.html", "--out", "asked"}, flags...)...); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	if calls.Load() == 0 {
		t.Fatal("nothing was asked")
	}
	for _, x := range *sent {
		if !strings.HasPrefix(x, "Bearer k-7f3a-secret ") || !strings.Contains(x, "We share your personal information with third parties.") || !strings.Contains(x, "Google Analytics") {
			t.Errorf("sent %s", x)
		}
	}
	rep := readReportOf(t, "asked")
	if m := rep.SecondReader; !slices.Equal(m.Models, []string{"tiny-1b"}) || !slices.Equal(m.Endpoints, []string{endpoint.URL + "/v1"}) || m.Answered != int(calls.Load()) || m.Failed+m.Unasked != 0 {
		t.Errorf("second reader: %+v", m)
	}
	heard := 0
	for _, st := range rep.Policies[0].Statements {
		for _, o := range st.SecondOpinions {
			heard++
			if o.Model != "tiny-1b" || o.Says != "yes" || !strings.Contains(o.Text, "third parties") || o.AskedAt != "2026-11-24T08:15:00Z" {
				t.Errorf("opinion %+v", o)
			}
		}
	}
	page := read(t, "asked/index.html")
	if heard != int(calls.Load()) || !strings.Contains(page, "Second opinion of tiny-1b") || strings.Contains(page, "<script>alert") {
		t.Errorf("%d opinions in scan.json, of %d", heard, calls.Load())
	}
	for _, file := range []string{"asked/evidence/opinions.jsonl", "asked/evidence/meta.json", "asked/scan.json", "asked/index.html"} {
		if strings.Contains(read(t, file), "k-7f3a-secret") {
			t.Errorf("%s holds the key", file)
		}
	}
	if strings.Contains(s.stdout.String()+s.stderr.String(), "k-7f3a-secret") {
		t.Error("the terminal shows the key")
	}
	if code := s.run("verify", "asked"); code != exitOK {
		t.Errorf("verify: exit code %d\n%s", code, s.stderr)
	}

	n := calls.Load()
	if code := s.run(append([]string{"analyze", "asked", "--out", "twice"}, flags...)...); code != exitOK || calls.Load() != n {
		t.Errorf("asked again: exit code %d, %d calls\n%s", code, calls.Load()-n, s.stderr)
	}
	endpoint.Close()
	if code := s.run("analyze", "asked", "--out", "cached", "--format", "json,html"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	for _, file := range []string{"scan.json", "index.html"} {
		if want := read(t, "asked/"+file); read(t, "twice/"+file) != want || read(t, "cached/"+file) != want {
			t.Errorf("%s differs without the endpoint", file)
		}
	}
	if code := s.run("import", "vague.har", "--policy", "policy.html", "--out", "never", "--format", "json"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	never := readReportOf(t, "never")
	if fmt.Sprint(never.Flows, never.Findings, never.Promises, never.Rules, never.Summary) != fmt.Sprint(rep.Flows, rep.Findings, rep.Promises, rep.Rules, rep.Summary) {
		t.Error("an opinion changed a verdict")
	}
	if _, err := os.Stat("never/evidence/opinions.jsonl"); err == nil || len(never.SecondReader.Models) != 0 {
		t.Error("a run that never asked has opinions")
	}
}

func readReportOf(t *testing.T, dir string) *reports.Report {
	t.Helper()
	rep, err := readReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// A second reader that gives no answer is a gap, and the report is made.
func TestSecondReaderThatIsGoneIsAGap(t *testing.T) {
	s, endpoint, _, _ := askable(t, "")
	endpoint.Close()
	if code := s.run("import", "vague.har", "--policy", "policy.html", "--out", "out", "--format", "json", "--second-reader", endpoint.URL, "--second-reader-model", "tiny-1b"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	rep := readReportOf(t, "out")
	if rep.SecondReader.Failed != 1 || !slices.ContainsFunc(rep.Coverage.Gaps, func(g reports.Gap) bool {
		return g.Kind == "second_reader" && strings.HasPrefix(g.What, "second opinion of tiny-1b on statement ") && g.Why == "the endpoint could not be reached"
	}) {
		t.Errorf("%+v, gaps %+v", rep.SecondReader, rep.Coverage.Gaps)
	}
}

func TestSecondOpinionOnAnAnswer(t *testing.T) {
	s, endpoint, calls, sent := askable(t, yesWithMarkup)
	args := []string{"policy", "policy.html", "--question", "retention", "--second-reader", endpoint.URL, "--second-reader-model", "tiny-1b"}
	if code := s.run(args...); code != exitOK || calls.Load() != 1 {
		t.Fatalf("exit code %d, %d calls\n%s", code, calls.Load(), s.stderr)
	}
	if !strings.Contains((*sent)[0], `We keep your email address for 30 days.`) || !strings.Contains((*sent)[0], "How long are data kept?") {
		t.Errorf("sent %s", (*sent)[0])
	}
	if out := s.stdout.String(); !strings.Contains(out, "second opinion of tiny-1b: yes. <script>alert(1)</script> It says third parties.") {
		t.Errorf("printed %s", out)
	}
	s.stdout.b.Reset()
	var got answeredTwice
	if code := s.run(append(args, "--json")...); code != exitOK || json.Unmarshal([]byte(s.stdout.String()), &got) != nil || len(got.Passages) != 1 || len(got.Opinions) != 1 || got.Opinions[0].Says != "yes" {
		t.Errorf("exit code %d: %s", code, s.stdout)
	}
	n := calls.Load()
	if code := s.run("policy", "policy.html", "--question", "transfers", "--second-reader", endpoint.URL, "--second-reader-model", "tiny-1b"); code != exitOK || calls.Load() != n {
		t.Errorf("an answer without sentences: exit code %d, %d calls", code, calls.Load()-n)
	}
}

func TestSecondReaderFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		says string
	}{
		"no model":            {[]string{"import", "vague.har", "--second-reader", "http://127.0.0.1:1/v1"}, "name the model"},
		"no endpoint":         {[]string{"import", "vague.har", "--second-reader-model", "m"}, "no endpoint"},
		"no address":          {[]string{"import", "vague.har", "--second-reader", "localhost", "--second-reader-model", "m"}, "expected the base address"},
		"a key over http":     {[]string{"import", "vague.har", "--second-reader", "http://models.example.test/v1", "--second-reader-model", "m"}, "use https"},
		"too many":            {[]string{"import", "vague.har", "--second-reader-calls", "1000"}, "1 to 200"},
		"a key as a flag":     {[]string{"import", "vague.har", "--second-reader-key", "k"}, "unknown flag"},
		"a policy, no answer": {[]string{"policy", "policy.html", "--second-reader", "http://127.0.0.1:1/v1", "--second-reader-model", "m"}, "one --question"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, calls, _ := askable(t, "")
			s.Environ = []string{secondReaderKey + "=k-7f3a-secret"}
			if code := s.run(tc.args...); code != exitUsage || !strings.Contains(s.stderr.String(), tc.says) || calls.Load() != 0 {
				t.Errorf("exit code %d, %d calls\n%s", code, calls.Load(), s.stderr)
			}
			if strings.Contains(s.stderr.String(), secondReaderKey) {
				t.Errorf("the key's variable is not known: %s", s.stderr)
			}
		})
	}
	s, endpoint, calls, _ := askable(t, yesWithMarkup)
	write(t, "candor.yaml", "second-reader: "+endpoint.URL+"\nsecond-reader-model: tiny-1b\nsecond-reader-calls: 1\n")
	if code := s.run("import", "vague.har", "--policy", "policy.html", "--out", "out", "--format", "json"); code != exitOK || calls.Load() != 1 {
		t.Errorf("of candor.yaml: exit code %d, %d calls\n%s", code, calls.Load(), s.stderr)
	}
	write(t, "candor.yaml", "second-reader-key: k\n")
	if code := s.run("import", "vague.har", "--policy", "policy.html", "--out", "out2"); code != exitUsage {
		t.Errorf("a key in candor.yaml: exit code %d", code)
	}
}
