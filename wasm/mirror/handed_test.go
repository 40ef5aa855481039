package mirror

import "testing"

// What the site hands over is counted where it was masked, by kind, and told once.
func TestWhatTheSiteHandsOverIsCounted(t *testing.T) {
	core := start(t, 0)
	must(t, core, new(batch).tree(1, 0, 2, 1, nil, nil, []int32{shapeHTML}, "<html></html>").op(opSnapshotEnd).
		op(opMeta, 15, "release 7").op(opMeta, 15, "of grace@example.org").op(opMeta, 16, "production").
		op(opTrack, "bought", `{"sku":"A-1","email":"grace@example.org","note":"call +353 87 123 4567","n":3}`).
		op(opTrack, "mail to grace@example.org", `{}`).
		op(opIdentify, "u-8731", `{"plan":"free","name":"Grace"}`))
	for i, c := range []struct {
		name string
		kind int
		want int
	}{
		{"labels", HandedLabels, 1}, {"events", HandedEvents, 3}, {"traits", HandedTraits, 1},
		{"labels again", HandedLabels, 0}, {"events again", HandedEvents, 0},
		{"a kind that is none", -1, 0}, {"a kind of another build", handedKinds, 0},
	} {
		if got := core.Handed(c.kind); got != c.want {
			t.Errorf("%d: %s: got %d, want %d", i, c.name, got, c.want)
		}
	}
}
