package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// axePath is where npm install in .ci/npm puts axe-core.
const axePath = ".ci/npm/node_modules/axe-core/axe.min.js"

// axeRun checks the page and keeps of the result what a person reads.
const axeRun = `axe.run(document, {resultTypes: ["violations"]}).then(result => result.violations
	.filter(v => v.impact === "serious" || v.impact === "critical")
	.map(v => ({id: v.id, impact: v.impact, help: v.help,
		nodes: v.nodes.map(n => ({target: n.target.join(" "), html: n.html, why: n.failureSummary}))})))`

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		Target string `json:"target"`
		HTML   string `json:"html"`
		Why    string `json:"why"`
	} `json:"nodes"`
}

// CheckAccessibility fails the test for everything that axe-core finds serious or critical on the page as it
// is now. Without axe-core (npm install in .ci/npm) it does what New does without Chromium.
func (p *Page) CheckAccessibility() {
	p.tb.Helper()
	for _, text := range p.accessibility() {
		p.tb.Errorf("axe (%s)%s: %s", p.view, p.where(), text)
	}
}

// CheckFits fails the test when the page is wider than its view, so that a person must scroll sideways.
func (p *Page) CheckFits() {
	p.tb.Helper()
	if width := p.width(); width > p.view.width() {
		p.tb.Errorf("the page is %d px wide in a view of %d px%s", width, p.view.width(), p.where())
	}
}

// width returns how wide the content of the page is.
func (p *Page) width() int {
	p.tb.Helper()
	return Eval[int](p, "document.documentElement.scrollWidth")
}

// accessibility returns the violations as texts.
func (p *Page) accessibility() []string {
	p.tb.Helper()
	root, err := repositoryRoot()
	if err != nil {
		p.tb.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, axePath))
	if err != nil {
		unavailable(p.tb, fmt.Errorf("axe-core is not installed (npm install in .ci/npm): %w", err))
	}
	if p.view.NoScript {
		// axe-core needs timers. A page that was parsed without scripts stays as it was parsed.
		p.do("allow scripts", allowScripts(true))
		defer func() { p.do("forbid scripts", allowScripts(false)) }()
	}
	if !Eval[bool](p, "typeof axe === 'object'") {
		p.do("load axe-core", chromedp.Evaluate[chromedp.Void](string(source)))
	}
	var texts []string
	for _, v := range Eval[[]violation](p, axeRun) {
		text := fmt.Sprintf("%s: %s (%s)", v.Impact, v.Help, v.ID)
		for _, n := range v.Nodes {
			text += fmt.Sprintf("\n    %s\n      %s\n      %s", n.Target, n.HTML, strings.ReplaceAll(n.Why, "\n", "\n      "))
		}
		texts = append(texts, text)
	}
	return texts
}
