package cli

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"afterimage/collector/admin"
)

type deleteCmd struct {
	Session string `arg:"" help:"Session."`
	Yes     bool   `help:"Do not ask."`
}

func (c *deleteCmd) Run(r *run) error {
	src, id, err := r.find(c.Session)
	if err != nil {
		return err
	}
	defer src.Close()
	if !c.Yes {
		fmt.Fprintf(r.env.Stderr, "delete session %s for good, with its keys? [y/N] ", id)
		answer, _ := bufio.NewReader(r.env.Stdin).ReadString('\n')
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			return hint(errors.New("nothing was deleted"), "answer y, or say --yes")
		}
	}
	receipt, err := src.Delete(r.ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.env.Stdout, "deleted %s\n", id)
	if receipt.Backups > 0 {
		fmt.Fprintf(r.env.Stdout, "the last copy of its keys goes on %s, with %s of envelopes\n", receipt.LastCopy, admin.Count(receipt.Backups, "backup"))
	}
	return nil
}
