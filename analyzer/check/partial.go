package check

import (
	"fmt"
	"slices"
	"strings"
)

// What another tool recorded may lack whole kinds of evidence, or hold a part
// of them. What was seen then counts as ever; that something was not seen shows
// nothing.

// restsOn are the kinds of evidence that a comparison concludes from.
var restsOn = map[string][]string{
	"applicants_told": {"forms", "notices"}, "sensitive_fields": {"requests", "forms"}, "separate_consent": {"forms"}, "vendor_unexplained": {"requests"}, "video_viewing": {"requests", "forms"},
	"recipient_undisclosed": {"requests"}, "data_undisclosed": {"requests"}, "denial_contradicted": {"requests"}, "sale_denied": {"requests"}, "replay_undisclosed": {"requests"},
	"vague_only": {"requests"}, "before_choice": {"requests", "cookies"}, "unencrypted": {"requests", "forms"}, "form_undisclosed": {"forms"},
	"anonymity_contradicted": {"requests"}, "leak_before_submit": {"requests", "canaries"}, "personal_in_address": {"requests"}, "purpose_differs": {"requests"},
	"storage_undisclosed": {"storage", "calls"}, "host_uncovered": {"requests", "forms", "notices"}, "location_undisclosed": {"requests", "calls"},
	"prominent_statement": {"requests"}, "claim_beside": {"requests"},
	"form_by_get": {"forms"}, "scripts_at_fields": {"forms", "requests"}, "hygiene": {"cookies", "requests"},
	"labels_undisclosed": {"labels", "requests"}, "choice_kept": {"cookies", "storage", "choices"}, "consent_string": {"requests", "cookies"}, "choice_offered": {"requests", "choices"}, "purpose_limit": {"requests"},
	"retention_unstated": {"notices"}, "security_scaled": {"forms", "requests"}, "collection_points": {"forms", "notices"},
	"recipient_at_place": {"requests"}, "behavior_undisclosed": {"calls", "requests"},
	"only_necessary_cookies": {"cookies"}, "cookie_lifetime": {"cookies"}, "cookie_table_drift": {"cookies"}, "policy_unreadable": {"notices"}, "texts_contradict": {"notices"},
	"element_missing": {"notices"},
	"link_missing":    {"requests"}, "form_asks": {"forms"}, "open_findings": {"requests"},
	"basis_differs": {"requests", "cookies"}, "cookie_class_differs": {"cookies"}, "exemption_exceeded": {"requests", "cookies"},
	"form_consent": {"forms"}, "legitimate_interest": {"choices"}, "lifetime_over": {"cookies"}, "oba_conditions": {"requests"},
	"transfer_undisclosed": {"requests"}, "undeclinable": {"calls", "requests"},
	"age_screen": {"requests", "forms"}, "categories_missing": {"requests", "forms", "notices"}, "child_denial": {"forms", "notices"}, "child_recipients": {"requests"},
	"cookie_controls_only": {"requests"}, "collectors_untold": {"requests", "notices"}, "minors_sharing": {"requests", "forms"}, "opt_out_reach": {"requests", "cookies"}, "opt_out_untold": {"requests", "notices"},
	"policy_date": {"notices"}, "retention_told": {"notices"}, "review_process": {"forms", "notices"}, "signal_explained": {"requests", "notices"},
	"practice_changed": {"requests", "notices"}, "text_changed_silently": {"notices"}, "material_change": {"requests", "notices"},
	// No recording holds choices: these are then not tested anyway.
	"preticked": {"choices"}, "offer_asymmetry": {"choices"}, "cookie_wall": {"choices"}, "reject_first_layer": {"choices"},
	"after_choice": {"requests", "cookies"}, "withdrawal": {"requests", "cookies"}, "control_without_effect": {"requests", "cookies"}, "banner_vendors": {"requests"},
	"signal_status": {"requests"}, "opt_out_link": {"requests"}, "opt_out_way": {"choices"}, "do_not_track": {"requests", "notices"},
}

// short names the kinds of evidence of which not all is there: "The recording holds no
// forms and only a part of the requests". "" is none of them.
func (m *Matcher) short(kinds []string) string {
	var none, some []string
	for _, k := range kinds {
		switch {
		case slices.Contains(m.in.Missing, k):
			none = append(none, "no "+k)
		case slices.Contains(m.in.Partial, k):
			some = append(some, "only a part of the "+k)
		}
	}
	parts := append(none, some...)
	if len(parts) == 0 {
		return ""
	}
	source := "The recording"
	if m.in.Redacted {
		source = "The evidence, from which values were taken out,"
	}
	return source + " holds " + strings.Join(parts, " and ")
}

// sure turns an outcome that rests on not having seen something into not-tested
// where not all was there to see.
func (m *Matcher) sure(check string, res result) result {
	if len(res.findings) > 0 || res.outcome != Matches && !res.unseen {
		return res
	}
	if short := m.short(restsOn[check]); short != "" {
		return result{outcome: NotTested, why: fmt.Sprintf("%s. %s", short, res.why)}
	}
	return res
}

// surePromise does the same for a promise that was kept.
func (m *Matcher) surePromise(st *statement, p Promise) Promise {
	if p.Verdict != kept {
		return p
	}
	kinds := []string{"requests"}
	switch {
	case st.limit != noLimit, st.RetentionDays > 0 && cookieWord.MatchString(st.Quote):
		kinds = []string{"cookies"}
	case securityClaim(st):
		kinds = []string{"requests", "forms"}
	case st.Action == "collect":
		kinds = []string{"requests", "forms"}
	}
	if short := m.short(kinds); short != "" {
		p.Verdict, p.Why = notObserved, fmt.Sprintf("%s. %s", short, p.Why)
	}
	return p
}
