'use strict'
require.config({ paths: { vs: '/npm/monaco-editor/min/vs' } })
require(['vs/editor/editor.main'], () => {
  window.editor = monaco.editor.create(document.getElementById('editor'), {
    value: Array.from({ length: 200 }, (_, i) => `function step${i}(input) {\n  return input * ${i} // line ${i}\n}`).join('\n'),
    language: 'javascript',
    automaticLayout: false,
  })
  window.siteReady = true
})
