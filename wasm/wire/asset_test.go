package wire_test

import (
	"errors"
	"reflect"
	"testing"

	"afterimage/wasm/wire"
)

func TestAssetPayloadIsReadAsWritten(t *testing.T) {
	want := wire.Asset{Scope: 77, URL: []byte("../img/a.png?w=300"), Type: wire.AssetWOFF2, Bytes: wire.MaxAssetBytes, ID: [16]byte{1, 2}, Key: [16]byte{15: 9}}
	b := wire.AppendAsset(nil, &want)
	got, err := wire.ReadAsset(append(b, "of a later version"...))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	for n := range b {
		if got, err := wire.ReadAsset(b[:n]); err == nil || !reflect.DeepEqual(got, wire.Asset{}) {
			t.Errorf("cut at %d of %d: got %+v, %v", n, len(b), got, err)
		}
	}
}

func TestAssetPayloadHasLimits(t *testing.T) {
	for name, change := range map[string]func(*wire.Asset){
		"no address":        func(a *wire.Asset) { a.URL = nil },
		"too long":          func(a *wire.Asset) { a.URL = make([]byte, wire.MaxAssetURL+1) },
		"no content":        func(a *wire.Asset) { a.Bytes = 0 },
		"too large content": func(a *wire.Asset) { a.Bytes = wire.MaxAssetBytes + 1 },
	} {
		a := wire.Asset{URL: []byte("a"), Bytes: 1}
		change(&a)
		if _, err := wire.ReadAsset(wire.AppendAsset(nil, &a)); !errors.Is(err, wire.ErrLimit) {
			t.Errorf("%s: got %v, want ErrLimit", name, err)
		}
	}
}
