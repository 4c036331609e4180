package policy

import (
	"strings"
	"unicode/utf8"
)

// germanTopics, frenchTopics and spanishTopics are the words by which a
// sentence, in lower case, speaks of each kind of Topic.
var germanTopics = []choiceWords{
	{"tracking", anyOf("cookie pixel beacon local lokale fingerprint session sitzungsaufz tracking"), lazily(`cookie|zählpixel|tracking-?pixel|web-?beacon|local\s+storage|lokalen?\s+speicher|fingerprint|session-?(?:replay|recording)|sitzungsaufzeichnung|tracking-?(?:technologi|verfahren|tool)`)},
	{"profiling", anyOf("profil automatisiert scoring bonität"), lazily(`profiling|profilbildung|(?:nutzungs|nutzer|persönlichkeits|interessen)profil|automatisierte\p{L}*\s+(?:entscheidung|einzelfall)|scoring|bonitätsprüfung`)},
	{"consent_withdrawal", anyOf("widerruf zurück"), lazily(`(?:einwilligung|zustimmung)\P{L}(?:.{0,80}\P{L})?(?:widerruf|zurückzu|zurück)|widerruf\p{L}*\s+(?:\p{L}+\s+){0,4}(?:einwilligung|zustimmung)`)},
	{"rights", anyOf("recht auskunft artikel art. beschwerde berichtigung löschung"), lazily(`recht\s+auf\s+(?:auskunft|berichtigung|löschung|einschränkung|datenübertragbarkeit|widerspruch|vergessen)|auskunftsrecht|betroffenenrecht|widerspruchsrecht|beschwerderecht|recht,?\s+(?:\p{L}+\s+){0,8}(?:auskunft|berichtigung|löschung)|(?:auskunft|berichtigung|löschung)\s+(?:\p{L}+\s+){0,6}(?:verlangen|fordern)|auskunft\s+über\s+(?:die\s+|ihre\s+)?(?:\p{L}+\s+){0,5}daten|art(?:ikel|\.)\s*(?:15|16|17|18|20|21)\s+ds-?gvo|beschwerde\s+(?:\p{L}+\s+){0,4}aufsichtsbehörde`)},
	{"security", anyOf("verschlüssel ssl tls firewall sicherheit maßnahmen unbefugt verlust missbrauch manipulation zugriff"), lazily(`verschlüssel|\bssl\b|\btls\b|firewall|sicherheitsmaßnahmen|technische\p{L}*\s+und\s+organisatorische\p{L}*\s+maßnahmen|unbefugte\p{L}*\s+(?:zugriff|dritte|zugang)|vor\s+(?:verlust|missbrauch|manipulation|zugriff)|datensicherheit`)},
	{"transfers", anyOf("drittl drittst standardvertrag angemessenheit shield usa außerhalb"), lazily(`drittland|drittländer|drittstaat|standardvertragsklauseln|angemessenheitsbeschluss|privacy[ -]shield|(?:in\s+(?:die|den)|server\s+in\s+den)\s+usa|außerhalb\s+(?:der|des)\s+(?:\p{L}+\s+)?(?:eu\b|europäischen|ewr)`)},
	{"region", anyOf("kalifornien ccpa dsgvo ds-gvo grundverordnung europäisch"), lazily(`kalifornien|\bccpa\b|ds-?gvo|datenschutz-?grundverordnung|europäische\p{L}*\s+(?:union|wirtschaftsraum)`)},
	{"children", anyOf("kind minderjährig jahren berechtigt"), lazily(`\bkind(?:er|ern|es)?\b|minderjährig|unter\s+1[3-8]\s+jahren|erziehungsberechtigt|sorgeberechtigt`)},
	{"do_not_track", anyOf("do_not do-not dnt"), lazily(`do[- ]not[- ]track|\bdnt\b`)},
	{"global_privacy_control", anyOf("global gpc"), lazily(`global\s+privacy\s+control|\bgpc\b`)},
	{"changes", anyOf("änder anpass anzupass angepasst aktualisier"), lazily(`(?:änder|anpass|aktualisier)\p{L}*\P{L}.{0,80}(?:datenschutzerklärung|datenschutzhinweise|diese\p{L}*\s+erklärung|richtlinie)|(?:datenschutzerklärung|datenschutzhinweise|richtlinie)\P{L}.{0,80}(?:änder|geändert|anzupassen|angepasst|anpassen|aktualisier)`)},
	{"merger", anyOf("fusion verkauf übernahme insolvenz umstrukturierung"), lazily(`fusion|unternehmensverkauf|verkauf\s+(?:des|unseres|von)\s+(?:\p{L}+\s+){0,3}(?:unternehmens|unternehmensteilen|geschäfts)|übernahme\s+(?:des|unseres|durch)|insolvenz|umstrukturierung`)},
	{"applicants", anyOf("bewerb stellenaus"), lazily(`bewerber|bewerbung|stellenausschreibung`)},
	{"contact", anyOf("verantwortlich beauftragte kontakt erreichen wenden schreiben fragen"), lazily(`verantwortlich\p{L}*\s+(?:stelle|im\s+sinne|für\s+die|ist)|datenschutzbeauftragte|(?:kontaktieren|erreichen)\s+(?:sie|können)|wenden\s+sie\s+sich|schreiben\s+sie\s+uns|(?:bei|haben\s+sie)\s+fragen\P{L}.{0,80}(?:e-mail|kontakt|wenden)`)},
}

var frenchTopics = []choiceWords{
	{"tracking", anyOf("cookie traceur pixel balise stockage storage empreinte fingerprint enregistrement suivi"), lazily(`cookie|traceur|pixels?\s+(?:espion|invisible|de\s+suivi)|balises?\s+web|stockage\s+local|local\s+storage|empreinte\s+(?:numérique|d[eu])|fingerprint|enregistrement\s+de\s+session|technologies?\s+de\s+suivi`)},
	{"profiling", anyOf("profil automatisée segmentation"), lazily(`profilage|décisions?\s+(?:entièrement\s+|exclusivement\s+)?automatisée|(?:créer|établi\p{L}*|établissement|constitution|création)\s+(?:d[eu]s?\s+)?profils?|segmentation`)},
	{"consent_withdrawal", anyOf("retir retrait révoqu revenir"), lazily(`retir\p{L}+\s+(?:\p{L}+\s+){0,4}consentement|retrait\s+d[eu]\s+(?:\p{L}+\s+)?consentement|révoqu\p{L}+\s+(?:\p{L}+\s+){0,4}consentement|revenir\s+sur\s+(?:votre|vos)\s+(?:consentement|choix)`)},
	{"rights", anyOf("droit accéder rectifier supprimer demander réclamation"), lazily(`droits?\s+(?:d['’]accès|d['’]opposition|d['’]effacement|de\s+rectification|de\s+suppression|à\s+(?:la\s+portabilité|l['’]effacement|l['’]oubli|la\s+limitation)|de\s+(?:demander|vous\s+opposer|limitation))|exercer\s+(?:vos|ces|l['’]un\s+de\s+ces)\s+droits|(?:accéder\s+à|rectifier|faire\s+supprimer)\s+vos\s+(?:\p{L}+\s+){0,2}données|demander\s+(?:l['’]accès|la\s+(?:rectification|suppression|portabilité|limitation)|l['’]effacement)|réclamation\s+(?:auprès|à)\P{L}.{0,40}(?:cnil|autorité)`)},
	{"security", anyOf("chiffr ssl tls pare-feu sécurité mesure non_autorisé confidentialité"), lazily(`chiffr(?:é|ement|ées)|\bssl\b|\btls\b|pare-feu|mesures?\s+(?:de\s+sécurité|techniques\s+et\s+organisationnelles|de\s+protection)|accès\s+non\s+autorisé|(?:garantir|assurer)\s+la\s+(?:sécurité|confidentialité)`)},
	{"transfers", anyOf("tiers hors dehors états-unis clauses adéquation shield bouclier"), lazily(`pays\s+tiers|hors\s+(?:de\s+)?(?:l['’])?(?:union|ue\b|eee|espace\s+économique)|en\s+dehors\s+de\s+(?:l['’])?(?:union|espace)|états-unis|clauses\s+contractuelles\s+types|décision\s+d['’]adéquation|privacy\s+shield|bouclier\s+de\s+protection`)},
	{"region", anyOf("californie ccpa rgpd règlement européen"), lazily(`californie|\bccpa\b|\brgpd\b|règlement\s+général\s+sur\s+la\s+protection|union\s+européenne|espace\s+économique\s+européen`)},
	{"children", anyOf("enfant mineur ans parental"), lazily(`enfants?\b|\bmineurs?\b|moins\s+de\s+1[3-8]\s+ans|autorité\s+parentale|titulaires?\s+de\s+la\s+responsabilité\s+parentale`)},
	{"do_not_track", anyOf("do_not do-not dnt pister"), lazily(`do[- ]not[- ]track|\bdnt\b|ne\s+pas\s+me\s+pister`)},
	{"global_privacy_control", anyOf("global gpc"), lazily(`global\s+privacy\s+control|\bgpc\b`)},
	{"changes", anyOf("modifi mettre mise évolu actualis"), lazily(`(?:modifi|mettre\s+à\s+jour|mise\s+à\s+jour|évolu|actualis)\p{L}*\P{L}.{0,80}(?:politique|charte|présent\p{L}*\s+(?:document|avis|notice)|déclaration)|(?:politique|charte|avis|déclaration)\P{L}.{0,80}(?:modifi|mise?\s+à\s+jour|évoluer|actualis)`)},
	{"merger", anyOf("fusion acquisition cession restructuration rachat liquidation"), lazily(`\bfusion|acquisition|cession\s+(?:de\s+(?:l['’]entreprise|tout|la\s+société)|d['’]actifs)|restructuration|rachat|liquidation`)},
	{"applicants", anyOf("candidat recrutement emploi"), lazily(`candidat|recrutement|offre\s+d['’]emploi`)},
	{"contact", anyOf("responsable délégué dpo contact écri joindre adresser question"), lazily(`responsable\s+d[eu]\s+(?:\p{L}+\s+){0,2}traitement|délégué\s+à\s+la\s+protection|\bdpo\b|(?:contacter|écrire\s+à|joindre|adresser\s+à)\s+(?:\p{L}+\s+){0,5}(?:adresse|dpo|délégué|service)|(?:nous\s+contacter|contactez-nous|nous\s+écrire)|pour\s+toute\s+question`)},
}

var spanishTopics = []choiceWords{
	{"tracking", anyOf("cookie píxel baliza almacenamiento storage huella fingerprint grabación seguimiento"), lazily(`cookie|píxel|balizas?\s+web|almacenamiento\s+local|local\s+storage|huella\s+(?:digital|del\s+dispositivo)|fingerprint|grabación\s+de\s+(?:la\s+)?sesi|tecnologías?\s+de\s+seguimiento`)},
	{"profiling", anyOf("perfil automatizad"), lazily(`elabora\p{L}*\s+(?:de\s+)?perfil|perfilado|decisi(?:ón|ones)\s+(?:\p{L}+\s+)?automatizad|(?:crear|creación\s+de)\s+perfil`)},
	{"consent_withdrawal", anyOf("retir revoc"), lazily(`(?:retir|revoc)\p{L}+\s+(?:\p{L}+\s+){0,4}consentimiento|consentimiento\P{L}.{0,60}(?:revoca|retira)`)},
	{"rights", anyOf("derecho ejer acceder solicitar reclamación"), lazily(`derechos?\s+(?:de\s+(?:acceso|rectificación|supresión|oposición|cancelación|limitación|portabilidad)|a\s+(?:acceder|la\s+portabilidad|oponerse|rectificar|solicitar))|ejer(?:cer|citar)\s+(?:sus|los|tus)\s+derechos|acceder,?\s+rectificar|solicitar\s+(?:el\s+acceso|la\s+(?:rectificación|supresión|portabilidad|limitación))|reclamación\s+ante`)},
	{"security", anyOf("cifrad encript ssl tls cortafuegos seguridad técnicas autorizado confidencialidad"), lazily(`cifrad|encript|\bssl\b|\btls\b|cortafuegos|medidas?\s+(?:de\s+seguridad|técnicas\s+y\s+organizativas)|acceso\s+no\s+autorizado|garantizar\s+la\s+(?:seguridad|confidencialidad)`)},
	{"transfers", anyOf("transferencia terceros_pa tercer_pa fuera estados cláusulas adecuación escudo"), lazily(`transferencias?\s+internacional|terceros\s+países|tercer\s+país|fuera\s+d(?:e\s+la|el)\s+(?:unión|ue\b|espacio|eee)|estados\s+unidos|cláusulas\s+contractuales\s+tipo|decisi(?:ón|ones)\s+de\s+adecuación|escudo\s+de\s+privacidad`)},
	{"region", anyOf("california ccpa rgpd lopd reglamento europe"), lazily(`california|\bccpa\b|\brgpd\b|\blopd|reglamento\s+general\s+de\s+protección|unión\s+europea|espacio\s+económico\s+europeo`)},
	{"children", anyOf("menor niñ potestad tutores"), lazily(`menor(?:es)?\s+de\s+(?:edad|\d+)|\bmenores\b|\bniñ[oa]s?\b|patria\s+potestad|tutores\s+legales`)},
	{"do_not_track", anyOf("do_not do-not dnt rastrear"), lazily(`do[- ]not[- ]track|\bdnt\b|no\s+rastrear`)},
	{"global_privacy_control", anyOf("global gpc"), lazily(`global\s+privacy\s+control|\bgpc\b`)},
	{"changes", anyOf("modific actualiz cambi"), lazily(`(?:modific|actualiz|cambi)\p{L}*\P{L}.{0,80}(?:política|aviso|presente\s+documento|declaración)|(?:política|aviso|declaración)\P{L}.{0,80}(?:modific|actualiz|cambi)`)},
	{"merger", anyOf("fusi adquisición venta reestructuración concurso"), lazily(`\bfusi(?:ón|ones)|adquisición\s+(?:de\s+la\s+empresa|por)|venta\s+(?:de\s+(?:la\s+empresa|activos|todo))|reestructuración|concurso\s+de\s+acreedores`)},
	{"applicants", anyOf("candidat selección empleo currícul"), lazily(`candidat|procesos?\s+de\s+selección|ofertas?\s+de\s+empleo|currícul`)},
	{"contact", anyOf("responsable delegado dpd contact escrib consulta duda pregunta"), lazily(`responsable\s+de(?:l)?\s+(?:\p{L}+\s+){0,2}tratamiento|delegado\s+de\s+protección|\bdpd\b|(?:contactar|ponerse\s+en\s+contacto|póngase\s+en\s+contacto|escrib\p{L}+)\s+(?:\p{L}+\s+){0,4}(?:con|a)\b|para\s+cualquier\s+(?:consulta|duda|pregunta)`)},
}

// touchesTongue records what a sentence speaks of.
func (r *reader) touchesTongue(t *tongue, at spot) {
	if len(r.doc.Topics) >= maxSentences || len(at.text) < 8 || strings.HasSuffix(at.text, "?") {
		return
	}
	low := strings.ToLower(strings.ReplaceAll(at.text, "’", "'"))
	for _, k := range t.topics {
		if !containsAny(low, k.any) || !k.pattern.get().MatchString(low) {
			continue
		}
		start := r.doc.Blocks[at.block].Start + r.runes(at.block, at.span.start)
		r.doc.Topics = append(r.doc.Topics, Topic{Kind: k.kind, Quote: at.text, Start: start, End: start + utf8.RuneCountInString(at.text)})
	}
}
