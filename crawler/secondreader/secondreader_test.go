package secondreader

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 24, 8, 15, 0, 0, time.UTC)

const key = "k-7f3a-secret"

func options(endpoint string) Options {
	return Options{Endpoint: endpoint, Model: "tiny-1b", Timeout: 5 * time.Second, Calls: 20, Now: func() time.Time { return now }}
}

func questions(n int) []Question {
	var out []Question
	for i := range n {
		out = append(out, Question{ID: fmt.Sprint("q", i), Text: "Does it say that the e-mail address is shared?", Heading: "Sharing", Sentence: fmt.Sprintf("We share your e-mail address with partner %d.", i)})
	}
	return out
}

// endpoint answers each chat completion with a function's content.
func endpoint(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) (string, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/v1", &calls
}

func says(content string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"role": "assistant", "content": content}}}})
	}
}

func TestWhatIsSent(t *testing.T) {
	var path, auth string
	var body map[string]any
	url, _ := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		path, auth = r.URL.Path, r.Header.Get("Authorization")
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		says(`{"answer":"yes","why":"It says so."}`)(w, r)
	})
	o := options(url)
	o.Key = key
	got, err := Ask(t.Context(), questions(1), o)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if path != "/v1/chat/completions" || auth != "Bearer "+key || body["model"] != "tiny-1b" || body["max_tokens"] != float64(maxTokens) {
		t.Errorf("asked %s as %q with %v", path, auth, body)
	}
	user := body["messages"].([]any)[1].(map[string]any)["content"].(string)
	var asked map[string]string
	if err := json.Unmarshal([]byte(user), &asked); err != nil || len(asked) != 3 ||
		asked["sentence"] != "We share your e-mail address with partner 0." || asked["headings"] != "Sharing" || asked["question"] == "" {
		t.Errorf("the question is %s", user)
	}
	r := got[0]
	if r.Says != "yes" || r.Text != "It says so." || r.Model != "tiny-1b" || r.Endpoint != url || !r.AskedAt.Equal(now) || r.Failure != "" || r.About != "q0" {
		t.Errorf("got %+v", r)
	}
	if all := fmt.Sprintf("%+v", r); strings.Contains(all, key) {
		t.Errorf("the record holds the key: %s", all)
	}
}

func TestAnswers(t *testing.T) {
	long := strings.Repeat("very ", 200) + "long"
	for _, c := range []struct{ name, content, says, text string }{
		{"plain", `{"answer":"no","why":"It denies it."}`, "no", "It denies it."},
		{"fenced", "```json\n{\"answer\": \"Unclear\", \"why\": \"Both.\"}\n```", "unclear", "Both."},
		{"after thinking", `<think>Maybe {"answer":"no"}? No, {yes}.</think> {"answer":"yes","why":"Named."}`, "yes", "Named."},
		{"without a reason", `{"answer":"yes"}`, "yes", ""},
		{"hostile", "{\"answer\":\"yes\",\"why\":\"<script>alert(1)</script>\\u202e\\u0000\\u001b[31m\\n x\"}", "yes", "<script>alert(1)</script>[31m x"},
		{"long", `{"answer":"yes","why":"` + long + `"}`, "yes", strings.TrimSpace(long[:maxText-1]) + "…"},
		{"another word", `{"answer":"perhaps","why":"x"}`, "", ""},
		{"no JSON", "Yes, it does.", "", ""},
		{"cut JSON", `{"answer":"yes","why":"it`, "", ""},
		{"an array", `["yes"]`, "", ""},
		{"empty", "", "", ""},
		{"many braces", strings.Repeat(`{"a":`, 40_000), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := endpoint(t, says(c.content))
			got, err := Ask(t.Context(), questions(1), options(url))
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			if r := got[0]; r.Says != c.says || r.Text != c.text || (r.Says == "") != (r.Failure != "") {
				t.Errorf("got %q, %q, failure %q", r.Says, r.Text, r.Failure)
			}
		})
	}
}

// TestFaults: each fault is a record with its reason; a fault that every
// question would meet ends the asking at once, others after three in a row.
func TestFaults(t *testing.T) {
	status := func(n int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(n)
			fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s","type":"x"}}`, key)
		}
	}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		why    string
		asked  int
	}{
		{"too many requests", status(429), "429", 1},
		{"wrong key", status(401), "wants a key", 1},
		{"no such model", status(404), "no such model", 1},
		{"server error", status(500), "answered 500", 3},
		{"an error that is no JSON", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); fmt.Fprint(w, "<html>") }, "answered 502", 3},
		{"no choices", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"choices":[]}`) }, "not the JSON", 3},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html>") }, "not what an OpenAI-compatible endpoint answers", 3},
		{"cut", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"choices":[{"mess`) }, "not what an OpenAI-compatible endpoint answers", 3},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "answered 307", 3},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"choices":[{"message":{"content":"`)
			_, _ = io.CopyN(w, endless{}, 64<<20)
		}, "larger than", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, calls := endpoint(t, c.answer)
			o := options(url)
			o.Key = key
			got, err := Ask(t.Context(), questions(6), o)
			if err != nil || len(got) != c.asked || int(calls.Load()) != c.asked {
				t.Fatalf("%d records of %d calls, want %d; %v", len(got), calls.Load(), c.asked, err)
			}
			for _, r := range got {
				if !strings.Contains(r.Failure, c.why) || r.Says != "" || strings.Contains(fmt.Sprintf("%+v", r), key) {
					t.Errorf("got %+v, want a failure with %q", r, c.why)
				}
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestSlowEndpoint(t *testing.T) {
	// The question may be given up before it came here at all; when it came, the
	// server's Close waits until it sees that the client has left.
	url, _ := endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	o := options(url)
	o.Timeout = 20 * time.Millisecond
	got, err := Ask(t.Context(), questions(1), o)
	if err != nil || len(got) != 1 || got[0].Failure != "no answer within 20ms" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEndpointThatIsGone(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	got, err := Ask(t.Context(), questions(5), options(srv.URL))
	if err != nil || len(got) != 1 || got[0].Failure != "the endpoint could not be reached" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestBounds(t *testing.T) {
	url, calls := endpoint(t, says(`{"answer":"yes","why":""}`))
	o := options(url)
	o.Calls = 2
	if got, err := Ask(t.Context(), questions(5), o); err != nil || len(got) != 2 || calls.Load() != 2 {
		t.Errorf("%d records of %d calls, want 2; %v", len(got), calls.Load(), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if got, err := Ask(ctx, questions(5), options(url)); err != nil || len(got) != 0 || calls.Load() != 2 {
		t.Errorf("after the end: %d records, %d calls, %v", len(got), calls.Load(), err)
	}
	long := []Question{{ID: "q", Text: "Is it so?", Sentence: strings.Repeat("x", 10*maxSentence)}}
	if got, err := Ask(t.Context(), long, options(url)); err != nil || len([]rune(got[0].Sentence)) != maxSentence {
		t.Errorf("%d characters were sent; %v", len([]rune(got[0].Sentence)), err)
	}
}

// A model that thinks takes another bound of its answer and no temperature.
func TestReasoningModel(t *testing.T) {
	var body map[string]any
	url, calls := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&body)
		says(`{"answer":"yes"}`)(w, r)
	})
	o := options(url)
	o.Model = "o3-mini"
	got, err := Ask(t.Context(), questions(1), o)
	if err != nil || len(got) != 1 || got[0].Says != "yes" || calls.Load() != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if body["max_completion_tokens"] != float64(maxTokens) || body["max_tokens"] != nil || body["temperature"] != nil {
		t.Errorf("asked with %v", body)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		endpoint, model, key string
		ok                   bool
	}{
		{"http://127.0.0.1:11434/v1", "m", "", true},
		{"http://localhost:8080/v1", "m", "k", true},
		{"http://[::1]:8080/v1", "m", "k", true},
		{"https://models.example.test/v1", "m", "k", true},
		{"http://models.example.test/v1", "m", "", true},
		{"http://models.example.test/v1", "m", "k", false},
		{"http://127.0.0.1:11434/v1", " ", "", false},
		{"127.0.0.1:11434", "m", "", false},
		{"file:///etc/passwd", "m", "", false},
		{"https://user:pw@models.example.test/v1", "m", "", false},
		{"https://models.example.test/v1?key=1", "m", "", false},
		{"", "m", "", false},
	} {
		if err := Check(Options{Endpoint: c.endpoint, Model: c.model, Key: c.key}); (err == nil) != c.ok {
			t.Errorf("Check(%+v) = %v", c, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"answer":"yes","why":"x"}`, "```json\n{\"answer\":\"no\"}\n```", `{{{"answer":`, "", `{"answer":1}`, `{"answer":"unclear","why":"\u202e"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		says, why, err := parse(content)
		if (err == nil) != (says == "yes" || says == "no" || says == "unclear") || len([]rune(why)) > maxText || strings.ContainsAny(why, "\n\x00\x1b\u202e") {
			t.Errorf("%q, %q, %v", says, why, err)
		}
	})
}
