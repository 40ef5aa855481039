package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"afterimage/collector/admin"
	"afterimage/replay/open"
)

type verifyCmd struct {
	Session string `arg:"" help:"Session or recording file."`
	JSON    bool   `help:"The report as JSON."`
	NoGaps  bool   `help:"Missing segments and closed page views are failures too."`
}

func (c *verifyCmd) Run(r *run) error {
	src, id, err := r.find(c.Session)
	if err != nil {
		return err
	}
	defer src.Close()
	report, err := open.Verify(r.ctx, src, id, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(r.env.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(report); err != nil {
			return err
		}
	} else {
		printReport(r, report)
	}
	switch {
	case report.Broken():
		return hint(errors.New("the recording is not what a recorder sealed"), "it was changed or damaged where it lay; take it from a backup or another copy")
	case c.NoGaps && report.Gaps():
		return hint(errors.New("segments are missing"), "the rest is readable; they may still come for 7 days if the session is recent")
	case c.NoGaps && report.Closed():
		return hint(errors.New("not everything could be opened, so authentication was not checked"), "%s", open.KeyHint(open.ErrKey, report.Custody))
	}
	return nil
}

func printReport(r *run, report *open.Report) {
	w := r.env.Stdout
	fmt.Fprintf(w, "session %s, site %s (%s)\n", report.Session, report.Site, report.Custody)
	for _, pv := range report.PageViews {
		fmt.Fprintf(w, "page view %s\n", pv.ID)
		if pv.Opened {
			fmt.Fprintf(w, "  %s: %d authentic, %d decoded; %s, %s, %v\n", admin.Count(pv.Segments, "segment"), pv.Authentic, pv.Decoded,
				admin.Count(pv.Epochs, "epoch"), admin.Count(pv.Ops, "op"), time.Duration(pv.ToMs-pv.FromMs)*time.Millisecond)
			fmt.Fprintf(w, "  %s sealed, %s of ops\n", bytesText(pv.SealedBytes), bytesText(pv.RawBytes))
		} else {
			fmt.Fprintf(w, "  %s, %s sealed; chain and numbers checked, nothing opened\n", admin.Count(pv.Segments, "segment"), bytesText(pv.SealedBytes))
		}
		for _, p := range pv.Problems {
			fmt.Fprintf(w, "  %s\n", problemText(p))
		}
		if len(pv.Problems) == 0 {
			fmt.Fprintln(w, "  whole: chain unbroken, no gaps")
		}
	}
}

func problemText(p open.ReportProblem) string {
	text := string(p.Kind)
	switch {
	case p.Kind == open.NoKey:
	case p.From == p.To:
		text += fmt.Sprintf(" %d", p.From)
	default:
		text += fmt.Sprintf(" %d to %d", p.From, p.To)
	}
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}
