'use strict'
Redoc.init('/npm/@readme/oas-examples/3.0/json/star-trek.json', { disableSearch: false, nativeScrollbars: true }, document.getElementById('redoc'), () => { window.siteReady = true })
