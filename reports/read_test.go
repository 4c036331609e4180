package reports_test

import (
	"bytes"
	"strings"
	"testing"

	"candor/reports"
	"candor/reports/reporttest"
)

func TestReadJSONOfAnEarlierVersion(t *testing.T) {
	rep, err := reports.ReadJSON(strings.NewReader(`{"schema": "candor.scan/1", "findings": [{"id": "a"}], "policies": null}`))
	if err != nil {
		t.Fatal(err)
	}
	if data := encode(t, rep); bytes.Contains(data, []byte(": null")) {
		t.Errorf("a value is null: %s", data)
	}
	for name, text := range map[string]string{"empty": "", "half": `{"schema": "candor.scan/1", `, "a list": "[]", "deep": strings.Repeat("[", 20000), "text for a list": `{"schema": "candor.scan/1", "pages": "x"}`} {
		if _, err := reports.ReadJSON(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "read scan.json: ") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// A scan.json may come from anywhere. Whatever it says, it is compared in
// bounded time, what is shown holds no control character, and it is written
// again as it was read.
func FuzzReadJSON(f *testing.F) {
	shop := reports.New(reporttest.Shop())
	var small bytes.Buffer
	cut := *shop
	cut.Pages, cut.Cookies, cut.Flows, cut.Requests, cut.Effects = cut.Pages[:2], cut.Cookies[:1], cut.Flows[:2], nil, nil
	if err := cut.WriteJSON(&small); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add([]byte(`{"schema":"candor.scan/1"}`))
	f.Add([]byte(`{"schema":"candor.scan/1","started_at":"\u001b[31m","site":{"host":"\u202e"},"pages":[{"url":"https://a.test/","state":"none","ended":"quiet"}],"vendors":[{"id":"x","party":"third","pages":["https://a.test/"],"states":["none"]}],"findings":[{"rule":"\u0007","fingerprint":"a","severity":"high"}],"policies":[{"id":"d","sha256":"1","statements":[{"id":"s","negated":true,"quote":"\n"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rep, err := reports.ReadJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		first := encode(t, rep)
		again, err := reports.ReadJSON(bytes.NewReader(first))
		if err != nil || !bytes.Equal(first, encode(t, again)) {
			t.Fatalf("it is not written as it was read: %v", err)
		}
		for _, pair := range [][2]*reports.Report{{rep, shop}, {again, rep}} {
			if err := pair[0].Since([]*reports.Report{pair[1]}, reports.Comparison{}); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{reports.DifferenceText(pair[0], 80), reports.Summary(pair[0], "", 80)} {
				if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0x202e || r == 0x9b }) {
					t.Fatalf("a text holds a control character: %q", text)
				}
			}
			_ = pair[0].Snapshot(nil)
		}
		if len(again.Changes.Items) != 0 {
			t.Errorf("a report differs from itself: %+v", again.Changes.Items[0])
		}
	})
}
