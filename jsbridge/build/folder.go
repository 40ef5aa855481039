package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"afterimage/jsbridge/asset"
	"afterimage/wasm/pack"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
	"github.com/tdewolff/minify/v2/svg"
)

type naming bool

const (
	hashedName naming = true
	fixedName  naming = false
)

// minifierName stands in the manifest beside each text that went through it.
const minifierName = "tdewolff/minify/v2"

// Media types of what we build; the map is the list of file kinds that may be served.
var contentTypes = map[string]string{
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".svg":   "image/svg+xml",
	".wasm":  "application/wasm",
	".txt":   "text/plain; charset=utf-8",
	".json":  "application/json",
	".png":   "image/png",
	".webp":  "image/webp",
	".woff2": "font/woff2",
}

// nameBytes of a file's hash stand in its name, so that no cache gives an older one: content is
// told by the whole hash. Each costs a page view two bytes, of the two names in the entry and two
// in the worker.
const nameBytes = 4

// folder collects the assets of one dist folder and writes them at the end, so that a
// failing build leaves the old files as they were.
type folder struct {
	path    string
	entries []asset.Entry
	files   map[string][]byte
	min     *minify.M
	scripts *js.Minifier // that of min
	// smallest spends time on names (names.go).
	smallest bool
	swaps    int
	letters  []letters
	// mangled are the short names of properties that scripts hand to each other; nil where each has its own.
	mangled map[string]any
}

func newFolder(dir string) *folder {
	m := minify.New()
	m.Add("text/css", &css.Minifier{})
	m.Add("text/html", &html.Minifier{KeepDocumentTags: true, KeepEndTags: true, KeepQuotes: true})
	script := &js.Minifier{Version: 2022}
	m.Add("text/javascript", script)
	m.Add("image/svg+xml", &svg.Minifier{})
	return &folder{path: dir, files: map[string][]byte{}, min: m, scripts: script}
}

// add minifies (text only), compresses and registers one file.
func (f *folder) add(source string, data []byte, sourceBytes int, name naming) (asset.Entry, error) {
	ext := path.Ext(source)
	ct, ok := contentTypes[ext]
	if !ok {
		return asset.Entry{}, fmt.Errorf("%s: files ending in %q are not served: add the type to contentTypes", source, ext)
	}
	minifier := ""
	switch mediaType, _, _ := strings.Cut(ct, ";"); mediaType {
	case "text/css", "text/html", "text/javascript", "image/svg+xml":
		minified := func(data []byte, keepNames bool) ([]byte, error) {
			f.scripts.KeepVarNames = keepNames
			return f.min.Bytes(mediaType, bytes.Clone(data)) // it writes over its source
		}
		var out []byte
		var err error
		if f.smallest && mediaType == "text/javascript" {
			out, err = smallest(data, f.swaps, f.letters, minified)
		} else {
			out, err = minified(data, false)
		}
		if err != nil {
			return asset.Entry{}, fmt.Errorf("minify %s: %w", source, err)
		}
		data, minifier = out, minifierName
	}
	sum := sha256.Sum256(data)
	served := source
	if name == hashedName {
		served = strings.TrimSuffix(source, ext) + "." + hex.EncodeToString(sum[:nameBytes]) + ext
	}
	br, err := f.compressed(served, data)
	if err != nil {
		return asset.Entry{}, fmt.Errorf("compress %s: %w", source, err)
	}
	e := asset.Entry{
		Name: served, Source: source, File: served + ".br", ContentType: ct,
		RawBytes: len(data), BrBytes: len(br), SourceBytes: sourceBytes,
		SHA256: base64.StdEncoding.EncodeToString(sum[:]), Immutable: bool(name), Minifier: minifier,
	}
	f.entries = append(f.entries, e)
	f.files[e.File] = br
	return e, nil
}

// compressed is data as brotli makes it. A core of the player that is committed stays as it is while its bytes are the same:
// to compress its megabytes anew takes longer than the rest of the folder.
func (f *folder) compressed(served string, data []byte) ([]byte, error) {
	if len(data) > 1<<20 {
		if br, err := os.ReadFile(filepath.Join(f.path, served+".br")); err == nil {
			if known, err := expand(br); err == nil && bytes.Equal(known, data) {
				return br, nil
			}
		}
	}
	return compress(data)
}

func compress(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := brotli.NewWriterOptions(&buf, brotli.WriterOptions{Quality: 11, LGWin: 22})
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// alias serves e's bytes under a second, immutable name.
func (f *folder) alias(e asset.Entry, name string) {
	e.Name, e.Source, e.Immutable = name, name, true
	f.entries = append(f.entries, e)
}

func (f *folder) shortHash(e asset.Entry) string {
	sum, err := base64.StdEncoding.DecodeString(e.SHA256)
	if err != nil {
		panic(err) // made by add
	}
	return hex.EncodeToString(sum[:nameBytes])
}

// wasm adds a WebAssembly file: the given one, or the committed one when file is "".
func (f *folder) wasm(file, source string) (asset.Entry, error) {
	var data []byte
	var err error
	if file != "" {
		data, err = os.ReadFile(file)
	} else {
		data, err = f.committed(source)
	}
	if err != nil {
		return asset.Entry{}, err
	}
	if !bytes.HasPrefix(data, []byte("\x00asm")) {
		return asset.Entry{}, fmt.Errorf("%s is not a WebAssembly module", source)
	}
	return f.add(source, data, len(data), hashedName)
}

// packed adds a WebAssembly file in its packed form: the given one, or the committed one
// when file is "".
func (f *folder) packed(file, source string) (asset.Entry, error) {
	if file == "" {
		data, err := f.committed(source)
		if err != nil {
			return asset.Entry{}, err
		}
		return f.add(source, data, len(data), hashedName)
	}
	module, err := os.ReadFile(file)
	if err != nil {
		return asset.Entry{}, err
	}
	data, err := pack.Packed(module)
	if err != nil {
		return asset.Entry{}, fmt.Errorf("%s: %w", file, err)
	}
	return f.add(source, data, len(data), hashedName)
}

func (f *folder) committed(source string) ([]byte, error) {
	stem, ext := strings.TrimSuffix(source, path.Ext(source)), path.Ext(source)
	found, err := filepath.Glob(filepath.Join(f.path, stem+".*"+ext+".br"))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s: %d committed builds of %s, expected one: run make build", f.path, len(found), source)
	}
	br, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return expand(br)
}

func expand(br []byte) ([]byte, error) { return io.ReadAll(brotli.NewReader(bytes.NewReader(br))) }

// script bundles entry into one classic script or module worker without imports.
func (f *folder) script(entry, source string, defines map[string]string, name naming) (asset.Entry, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Write:             false,
		Metafile:          true,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		MangleProps:       "[^_]_$",
		MangleCache:       f.mangled,
		LegalComments:     api.LegalCommentsNone, // licences of bundled packages: replay/ui/LICENSES.txt
		Define:            defines,
		TreeShaking:       api.TreeShakingTrue,
		Platform:          api.PlatformBrowser,
		Outfile:           source,
	})
	if len(result.Errors) > 0 {
		text := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return asset.Entry{}, fmt.Errorf("bundle %s:\n%s", entry, strings.Join(text, ""))
	}
	if f.mangled != nil {
		f.mangled = result.MangleCache
	}
	var meta struct {
		Inputs map[string]struct{ Bytes int }
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return asset.Entry{}, fmt.Errorf("bundle %s: metafile: %w", entry, err)
	}
	sourceBytes := 0
	for _, in := range meta.Inputs {
		sourceBytes += in.Bytes
	}
	return f.add(source, result.OutputFiles[0].Contents, sourceBytes, name)
}

// pagesAndStyles adds the .css, static/* and .html of a source folder, in this order, with
// references to `assets/NAME` rewritten to the hashed names, and writes the folder.
func (f *folder) pagesAndStyles(src string) error {
	for _, pattern := range []string{"static/*", "*.css", "*.html"} {
		list, err := filepath.Glob(filepath.Join(src, pattern))
		if err != nil {
			return err
		}
		sort.Strings(list)
		for _, file := range list {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			name := hashedName
			switch path.Ext(file) {
			case ".html":
				name = fixedName
				data = f.rewrite(data)
			case ".css":
				data = f.rewrite(data)
			}
			if _, err := f.add(filepath.Base(file), data, len(data), name); err != nil {
				return err
			}
		}
	}
	return f.write()
}

func (f *folder) rewrite(data []byte) []byte {
	for _, e := range f.entries {
		data = bytes.ReplaceAll(data, []byte("assets/"+e.Source), []byte("assets/"+e.Name))
	}
	return data
}

// write replaces the folder's generated files.
func (f *folder) write() error {
	if err := os.MkdirAll(f.path, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(f.path, "*.br"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if _, keep := f.files[filepath.Base(file)]; !keep {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for name, br := range f.files {
		if err := os.WriteFile(filepath.Join(f.path, name), br, 0o644); err != nil {
			return err
		}
	}
	sort.Slice(f.entries, func(i, j int) bool { return f.entries[i].Name < f.entries[j].Name })
	text, err := json.MarshalIndent(f.entries, "", "\t")
	if err != nil {
		return err
	}
	for _, e := range f.entries {
		fmt.Printf("%-48s %8d source %8d minified %8d br\n", e.Name, e.SourceBytes, e.RawBytes, e.BrBytes)
	}
	return os.WriteFile(filepath.Join(f.path, "manifest.json"), append(text, '\n'), 0o644)
}
