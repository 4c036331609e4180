package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// listed writes labels as a test compares them.
func listed(labels []evidence.Label) []string {
	var out []string
	for _, l := range labels {
		line := fmt.Sprintf("%s %s=%s", l.Source, l.Key, l.Value)
		if l.Cut {
			line += "…"
		}
		if l.Frame != "" {
			line += " in " + l.Frame
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// TestLabels reads the objects of pages that fill them as their vendors' guides
// say, in the page and in a frame of another site, some of it late.
func TestLabels(t *testing.T) {
	t.Parallel()
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Layers</title>
<script>
 window.dataLayer=[{user:{segment:'bargain-hunter',scores:[3,'b',{churn:0.83}]}}];
 function gtag(){dataLayer.push(arguments)}
 gtag('js',new Date()); gtag('config','G-1',{loyalty_tier:'gold'}); gtag('set','user_properties',{ltv_band:'high'}); gtag('event','page_view',{persona:'runner'});
 gtag('consent','default',{ad_storage:'denied'});
 dataLayer.push({'gtm.element':document.documentElement, event:'click', nothing:null, fn:function(){}});
 window.shopLayer=[{lead_score:72}];
 var digitalData={user:[{profile:[{profileInfo:{ageGroup:'35-44'}}]}]};
 let utag_data={customer_type:'returning'};
 window.utag={data:{'va.badges':'window shopper','dom.title':'Layers'}};
 window._satellite={company:{orgId:'X@AdobeOrg'},_container:{rules:[1]},track:function(){}};
 localStorage.setItem('ajs_user_traits','{"plan":"pro","household":{"income_band":"c"}}');
 window.__tcfapi=function(cmd,v,cb){cb({tcString:'CPtcf',gdprApplies:true,eventStatus:'tcloaded'},true)};
 window.__gpp=function(cmd,cb){Promise.resolve().then(function(){cb({gppString:'DBAA'},true)})};
 window.__uspapi=function(){};
 setTimeout(function(){dataLayer.push({audience:'late-comer'})},4000);
</script>
<script src="https://www.googletagmanager.com/gtm.js?id=GTM-A1&l=shopLayer"></script>
<iframe src="https://frame.other.test/"></iframe>
-- www.googletagmanager.com/_any --
-- frame.other.test/index.html --
<!doctype html><title>F</title><script>
 var targeting={cohort:['c1','c2'],pos:['top']};
 function holder(t){return {getTargetingKeys:function(){return Object.keys(t)},getTargeting:function(k){return t[k]}}}
 var ads=holder({interest:['boots','tents']}); ads.getSlots=function(){return [holder(targeting)]};
 window.googletag={pubads:function(){return ads}};
 window._pbjsGlobals=['pb1']; window.pb1={getConfig:function(k){return {user:{data:[{name:'dmp',segment:[{id:'s7'}]}]}}}};
 window.analytics={track:function(){},user:function(){return {traits:function(){return {churn_risk:'high'}}}}};
</script>
`))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	in := " in https://frame.other.test/"
	want := []string{
		"_satellite company.orgId=X@AdobeOrg",
		"dataLayer audience=late-comer", "dataLayer config.loyalty_tier=gold", "dataLayer consent.default.ad_storage=denied", "dataLayer event.persona=runner", "dataLayer event=click",
		"dataLayer lead_score=72", "dataLayer set.user_properties.ltv_band=high",
		"dataLayer user.scores.churn=0.83", "dataLayer user.scores=3", "dataLayer user.scores=b", "dataLayer user.segment=bargain-hunter",
		"digitalData user.profile.profileInfo.ageGroup=35-44",
		"gpp gppString=DBAA",
		"gpt targeting cohort=c1" + in, "gpt targeting cohort=c2" + in, "gpt targeting interest=boots" + in, "gpt targeting interest=tents" + in, "gpt targeting pos=top" + in,
		"prebid user.data.name=dmp" + in, "prebid user.data.segment.id=s7" + in,
		"segment traits churn_risk=high" + in, "segment traits household.income_band=c", "segment traits plan=pro",
		"tcf tcString=CPtcf", "utag_data customer_type=returning", "utag_data va.badges=window shopper",
	}
	if got := listed(res.Labels); !slices.Equal(got, want) {
		t.Errorf("labels\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(res.Gaps) != 1 || res.Gaps[0].Why != "usp: the page's interface did not answer" {
		t.Errorf("gaps %v", res.Gaps)
	}
}

// TestHostileLabels reads objects that do not want to be read. Each costs a gap
// at most, and what stands beside them is read.
func TestHostileLabels(t *testing.T) {
	t.Parallel()
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>calm</title>
<script>
 function notice(what){document.title=what}
 var cycle={segment:'round'}; cycle.self=cycle;
 var deep={}; for(var i=0,at=deep;i<50;i++) at=at.n={};
 var many={}; for(var i=0;i<400000;i++) many['k'+i]=i;
 window.dataLayer=[cycle,{get segment(){notice('getter ran')}},
  {persona:{toString:function(){notice('toString ran');return 'x'},toJSON:function(){notice('toJSON ran')},valueOf:function(){notice('valueOf ran')}}},
  {long:'x'.repeat(5000)}, Object.freeze({tier:'gold'}),deep];
 window.utag_data=many;
 for(var i=0;i<1000;i++) dataLayer.push({['n'+i]:'v'});
 window.digitalData=new Proxy({},{ownKeys:function(){throw new Error('no')}});
 Object.defineProperty(window,'_satellite',{get:function(){notice('window getter ran')}});
 window.__uspapi=function(){throw new Error('no')};
 window.__tcfapi=function(c,v,cb){cb({get tcString(){notice('getter ran')}},true)};
 window.googletag={pubads:function(){for(;;);}};
 // What collectors are made of.
 JSON.stringify=JSON.parse=function(){throw 1}; Array.prototype.push=function(){throw 2}; String.prototype.slice=String.prototype.indexOf=function(){throw 3};
 Reflect.ownKeys=Reflect.getOwnPropertyDescriptor=Object.keys=function(){throw 4}; Array.prototype[Symbol.iterator]=function(){throw 5}; Promise.prototype.then=function(){throw 6};
 Object.prototype.toJSON=function(){notice('toJSON ran')}; RegExp.prototype.exec=function(){throw 7};
 Object.defineProperty(Array.prototype,0,{set:function(){notice('setter ran')},configurable:true}); Object.defineProperty(Object.prototype,'value',{get:function(){notice('value ran')},configurable:true});
</script>
`))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	if res.Page.Title != "calm" {
		t.Errorf("the page noticed: %s", res.Page.Title)
	}
	got := listed(res.Labels)
	for _, want := range []string{"dataLayer segment=round", "dataLayer long=" + strings.Repeat("x", 1024) + "…", "dataLayer tier=gold"} {
		if !slices.Contains(got, want) {
			t.Errorf("no label %.60s", want)
		}
	}
	if len(got) < 200 || len(got) > 800 {
		t.Errorf("%d labels", len(got))
	}
	var why []string
	for _, g := range res.Gaps {
		if g.Kind != "bound" || g.What != "labels of https://www.site.test/" {
			t.Errorf("gap %+v", g)
		}
		why = append(why, g.Why)
	}
	slices.Sort(why)
	want := []string{
		"_satellite: what is computed when it is read was left alone", "dataLayer: it is larger or deeper than one visit reads",
		"dataLayer: of very many entries the first 150 and the last 50 were read",
		"dataLayer: what is computed when it is read was left alone", "digitalData: the page stopped the reading",
		"tcf: what is computed when it is read was left alone", "gpt targeting: the page kept it from being read to its end", "usp: the page stopped the reading",
	}
	for _, either := range []string{"utag_data: it is larger or deeper than one visit reads", "utag_data: the page kept it from being read to its end"} {
		if i := slices.Index(why, either); i >= 0 { // as fast as the machine is
			why = slices.Delete(why, i, i+1)
			break
		}
	}
	why = slices.DeleteFunc(why, func(s string) bool { return s == "utag_data: there were more entries than one visit keeps" })
	slices.Sort(want)
	if !slices.Equal(why, want) {
		t.Errorf("gaps\n%s\nwant\n%s", strings.Join(why, "\n"), strings.Join(want, "\n"))
	}
}
