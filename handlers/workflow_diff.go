package handlers

import (
	"surveyflow/views/workflowpages"
)

const (
	// mostDiffed is how many lines are compared one by one; longer texts differ as a whole.
	mostDiffed = 2000
	// aroundDiff is how many lines that are the same stand around those that differ.
	aroundDiff = 3
)

// diffLines tells which lines are in the new text alone and which in the old one alone, with a few of the others around them.
// There are none when the texts are the same.
func diffLines(old, now []string) []workflowpages.DiffLine {
	begin := 0
	for begin < len(old) && begin < len(now) && old[begin] == now[begin] {
		begin++
	}
	end := 0
	for end < len(old)-begin && end < len(now)-begin && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	if begin == len(old) && begin == len(now) {
		return nil
	}
	all := make([]workflowpages.DiffLine, 0, len(old)+len(now))
	same := func(lines []string) {
		for _, l := range lines {
			all = append(all, workflowpages.DiffLine{Text: l})
		}
	}
	same(old[:begin])
	all = append(all, diffMiddle(old[begin:len(old)-end], now[begin:len(now)-end])...)
	same(old[len(old)-end:])
	return shorten(all)
}

// diffMiddle finds the longest lines that two texts have in common, in their order; the others differ.
func diffMiddle(old, now []string) []workflowpages.DiffLine {
	var all []workflowpages.DiffLine
	gone := func(l string) { all = append(all, workflowpages.DiffLine{Text: l, Change: workflowpages.DiffGone}) }
	come := func(l string) { all = append(all, workflowpages.DiffLine{Text: l, Change: workflowpages.DiffNew}) }
	if len(old) > mostDiffed || len(now) > mostDiffed {
		for _, l := range old {
			gone(l)
		}
		for _, l := range now {
			come(l)
		}
		return all
	}
	width := len(now) + 1
	common := make([]uint16, (len(old)+1)*width) // of what follows each pair of places
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if old[i] == now[j] {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(old) || j < len(now) {
		switch {
		case i < len(old) && j < len(now) && old[i] == now[j]:
			all = append(all, workflowpages.DiffLine{Text: old[i]})
			i, j = i+1, j+1
		case j == len(now) || i < len(old) && common[(i+1)*width+j] >= common[i*width+j+1]:
			gone(old[i])
			i++
		default:
			come(now[j])
			j++
		}
	}
	return all
}

// shorten leaves out lines that are far from any that differ.
func shorten(all []workflowpages.DiffLine) []workflowpages.DiffLine {
	near := make([]bool, len(all))
	for i, l := range all {
		if l.Change == "" {
			continue
		}
		for k := max(i-aroundDiff, 0); k <= min(i+aroundDiff, len(all)-1); k++ {
			near[k] = true
		}
	}
	var out []workflowpages.DiffLine
	for i, l := range all {
		switch {
		case near[i]:
			out = append(out, l)
		case len(out) > 0 && out[len(out)-1].Change == workflowpages.DiffSkipped:
		default:
			out = append(out, workflowpages.DiffLine{Change: workflowpages.DiffSkipped})
		}
	}
	return out
}
