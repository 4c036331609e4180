package alert

import (
	"time"

	"candor/reports/store"
)

// A webhook's message, "candor.alerts/1".
type webhook struct {
	Schema string         `json:"schema"`
	ID     string         `json:"id"` // the same when the same alerts come again
	SentAt time.Time      `json:"sent_at"`
	Alerts []webhookAlert `json:"alerts"`
	More   int            `json:"more"` // that are only on the dashboard
	Note   string         `json:"note"`
}

type webhookAlert struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Severity  string    `json:"severity"`
	Site      string    `json:"site"`
	SiteName  string    `json:"site_name"`
	Scan      string    `json:"scan"`
	Title     string    `json:"title"`
	Detail    string    `json:"detail"`
	URL       string    `json:"url"`
	CreatedAt time.Time `json:"created_at"`
}

func webhookMessage(m Message, list []store.Alert, more int, now time.Time) webhook {
	w := webhook{Schema: "candor.alerts/1", ID: m.ID(), SentAt: now.UTC(), Alerts: []webhookAlert{}, More: more, Note: note}
	for _, a := range list {
		w.Alerts = append(w.Alerts, webhookAlert{a.ID, a.Kind, a.Severity, a.Site, a.SiteName, a.Scan, a.Title, a.Detail, m.link(a.Path), a.CreatedAt})
	}
	return w
}

// element is a part of a Slack or Teams message.
type element map[string]any

// slackMessage is a message of an incoming webhook. Its text is in rich text
// elements, which show what they hold as it is: a mention would be an element of
// its own.
// Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func slackMessage(m Message, list []store.Alert, more int) element {
	var parts []element
	text := func(s string, style element) element {
		e := element{"type": "text", "text": s}
		if style != nil {
			e["style"] = style
		}
		return e
	}
	section := func(parts ...element) element {
		return element{"type": "rich_text_section", "elements": parts}
	}
	bold := element{"bold": true}
	sites(list, func(name string) { parts = append(parts, section(text(name+"\n", bold))) }, func(a store.Alert) {
		title := text(label(a)+a.Title, nil)
		if to := m.link(a.Path); to != "" {
			title = element{"type": "link", "url": to, "text": label(a) + a.Title}
		}
		one := []element{text("• ", nil), title}
		if a.Detail != "" {
			one = append(one, text("\n"+a.Detail, nil))
		}
		parts = append(parts, section(append(one, text("\n", nil))...))
	})
	if more > 0 {
		parts = append(parts, section(text(moreText(more)+"\n", nil)))
	}
	parts = append(parts, section(text(note, element{"italic": true})))
	return element{
		"text": m.heading(), "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false,
		"blocks": []element{
			{"type": "header", "text": element{"type": "plain_text", "text": m.heading(), "emoji": false}},
			{"type": "rich_text", "elements": parts},
		},
	}
}

// teamsMessage is an Adaptive Card for a workflow's webhook. Its text is in text
// runs, which know no Markdown; a mention would need an entity of the card.
// Source: https://adaptivecards.io/explorer/TextRun.html
func teamsMessage(m Message, list []store.Alert, more int) element {
	run := func(s string, style element) element {
		e := element{"type": "TextRun", "text": s}
		for k, v := range style {
			e[k] = v
		}
		return e
	}
	block := func(runs ...element) element { return element{"type": "RichTextBlock", "inlines": runs} }
	bold := element{"weight": "Bolder"}
	body := []element{block(run(m.heading(), element{"weight": "Bolder", "size": "Large"}))}
	sites(list, func(name string) { body = append(body, block(run(name, bold))) }, func(a store.Alert) {
		title := run(label(a)+a.Title, nil)
		if to := m.link(a.Path); to != "" {
			title["selectAction"] = element{"type": "Action.OpenUrl", "url": to}
		}
		body = append(body, block(title))
		if a.Detail != "" {
			body = append(body, block(run(a.Detail, element{"isSubtle": true})))
		}
	})
	if more > 0 {
		body = append(body, block(run(moreText(more), nil)))
	}
	body = append(body, block(run(note, element{"isSubtle": true, "size": "Small"})))
	card := element{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}
	if to := m.link("/alerts"); to != "" {
		card["actions"] = []element{{"type": "Action.OpenUrl", "title": "Open the dashboard", "url": to}}
	}
	return element{"type": "message", "attachments": []element{{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card}}}
}
