module_sources += files('models.c', 'module.c')
