'use strict'
window.ui = SwaggerUIBundle({ url: '/npm/@readme/oas-examples/3.1/json/train-travel.json', dom_id: '#swagger', validatorUrl: null, onComplete: () => { window.siteReady = true } })
